import { describeCluster } from "../cluster/fixture.ts";
import { openTerminal, prepareGateway, runPage } from "../docs/course.ts";
import type { Shell } from "../docs/shell.ts";
import { courses } from "../docs/skips.ts";
import { Shop } from "./shop.ts";

// The pages name one gateway, Traefik.
describeCluster("the tutorials", function () {
  this.timeout(240_000);
  // Each page continues where the one before ended.
  this.bail(true);
  let shop: Shop;
  let shell: Shell;
  before(async () => {
    // For its installation; the pages make a namespace of their own.
    shop = await Shop.open("tutorials");
    await prepareGateway(shop.cluster);
    shell = await openTerminal(shop.cluster);
  });
  after(async () => {
    await shell?.end();
    await shop?.close();
  });

  for (const page of courses.flat())
    it(`${page} does what it says, command by command`, () => runPage(page, shell));
});
