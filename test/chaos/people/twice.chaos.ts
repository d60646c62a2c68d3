import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { installSerin, removeSerin } from "../../cluster/serin.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { atHalf, expectTheirs, promoted } from "../leader/midway.ts";

const SECOND = { namespace: "platform", prefix: "acme-" };

// Installations meet at the API server, so one gateway is enough.
describeCluster("a second installation of Serin, under other names,", function () {
  this.timeout(240_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("twice");
  });
  afterEach(() => shop?.close());

  it("that arrives in mid-flight takes no traffic, and an undo loses no request", async () => {
    const { was, load } = await atHalf(shop);
    await installSerin(shop.cluster, SECOND);
    await shop.answered(load, Date.now(), 500);
    expect(shop.weight()).to.equal(50);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  });

  it("is named in the logs of both", () => {
    const logs = join(shop.cluster.dir, "kubelet");
    const said = readdirSync(logs)
      .filter((name) => name.endsWith("_webhook.log"))
      .flatMap((name) =>
        readFileSync(join(logs, name), "utf8")
          .split("\n")
          .filter((line) => line.includes("another installation of Serin"))
          .map((line) => `${name.split("_")[0]} names ${JSON.parse(line).namespace}`),
      );
    expect(new Set(said)).to.deep.equal(
      new Set(["serin-system names platform", "platform names serin-system"]),
    );
  });

  it("brings new versions to their ends together with the first, by counted requests", async () => {
    const { was, load } = await atHalf(shop);
    await promoted(shop, was);
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(50);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  });

  it("goes in mid-flight without a clean-up, and the first goes on", async () => {
    const { was, load } = await atHalf(shop);
    await shop.run("delete", "mutatingwebhookconfiguration/acme-serin");
    await removeSerin(shop.cluster, SECOND);
    expect(shop.weight()).to.equal(50);
    await promoted(shop, was);
    await expectNoFailures(load);
  });
});
