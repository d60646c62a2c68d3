import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { type Release, releaseIn } from "./helm.ts";

const RPS = 40;
const SLOW = { "serin.dev/steps": "50:10m" };
const CHECKED = "--set=annotations.serin\\.dev/checks=success-rate >= 95%";
const GOES_BACK = { 3: "--atomic", 4: "--rollback-on-failure" } as const;

/** Stories of one version of helm, each in a shop of its own. */
function storiesOf(version: 3 | 4): Record<string, Story> {
  const title = (what: string) => `helm ${version}: ${what}`;
  return {
    [title("upgrade --wait ends when the canary is promoted, and fails if the canary fails")]: async (
      shop,
    ) => {
      const { release, load } = await install(shop, version);
      const began = Date.now();
      const good = await release.upgrade("v2", "--wait", "--timeout=90s");
      expect(good.code, good.stderr).to.equal(0);
      expect(grantedTo(shop, began)).to.deep.equal([25, 50, 0]);
      expect(shop.held()?.phase ?? "promoting", "when helm ended").to.equal("promoting");
      await shop.atRest();
      expect(shop.pods("v2")).to.have.length(4);

      const bad = await release.upgrade("v3-crash", "--wait", "--timeout=40s");
      expect(bad.code, bad.stdout).to.equal(1);
      expect(await release.status()).to.equal("failed");
      expect(shop.record("v3-crash")?.outcome).to.equal("failed");
      const back = await release.run("rollback", "1", "--wait", "--timeout=60s");
      expect(back.code, back.stderr).to.equal(0);
      await expectLeft(shop, "v1");
      await expectNoFailures(load);
    },

    [title(`upgrade ${GOES_BACK[version]} keeps a good version and rolls a bad one back`)]: async (shop) => {
      const { release, load } = await install(shop, version);
      const goesBack = GOES_BACK[version];
      const good = await release.upgrade("v2", goesBack, "--timeout=120s");
      expect(good.code, good.stderr).to.equal(0);
      await expectLeft(shop, "v2");
      const bad = await release.upgrade("v3-err50", goesBack, CHECKED, "--timeout=120s");
      expect(bad.code, bad.stdout).to.equal(1);
      expect(shop.record("v3-err50")?.message).to.match(/^rolled back at (25|50)%/);
      expect(await release.status(), "status of the restored release").to.equal("deployed");
      await expectLeft(shop, "v2");
      await load.stop();
      const failed = [...load.rows()].filter(({ status }) => status !== 200);
      expect(
        [...new Set(failed.map(({ version }) => version))],
        "versions with failed answers",
      ).to.deep.equal(["v3"]);
    },

    [title("rollback works in flight, and so does an upgrade during an upgrade")]: async (shop) => {
      const { release, load } = await install(shop, version, SLOW);
      expect((await release.upgrade("v2")).code).to.equal(0);
      await shop.weighs(50);
      const back = await release.run("rollback", "1", "--wait", "--timeout=60s");
      expect(back.code, back.stderr).to.equal(0);
      await expectLeft(shop, "v1");

      expect((await release.upgrade("v3")).code).to.equal(0);
      await shop.weighs(50);
      const second = release.upgrade("v4", "--wait", "--timeout=90s");
      await shop.until("v3 superseded", () => shop.record("v3")?.outcome === "superseded");
      await shop.until("v4 at 50%", () => shop.weight() === 50 && shop.record("v4")?.outcome === "running");
      await shop.promote();
      const { code, stderr } = await second;
      expect(code, stderr).to.equal(0);
      await expectLeft(shop, "v4");
      await expectNoFailures(load);
    },

    [title("uninstall in flight leaves no object")]: async (shop) => {
      const { release, load } = await install(shop, version, SLOW);
      expect((await release.upgrade("v2")).code).to.equal(0);
      await shop.weighs(50);
      const asked = Date.now();
      const { code, stderr } = await release.run("uninstall", "--wait", "--timeout=60s");
      expect(code, stderr).to.equal(0);
      const { services, httproutes, deployments, replicasets, pods } = shop.stock;
      const all = [services, httproutes, deployments, replicasets, pods];
      await shop.until("nothing left", () => all.every(({ size }) => size === 0));
      expect(load.between(0, asked).failed, "failed requests before").to.equal(0);
    },
  };
}

describeCluster("a Helm chart", function () {
  this.timeout(240_000);
  together("traefik", { ...storiesOf(3), ...storiesOf(4) });
});

async function install(
  shop: Shop,
  version: 3 | 4,
  plan: Record<string, string> = {},
): Promise<{ release: Release; load: Load }> {
  const release = releaseIn(shop, version, plan);
  const { code, stderr } = await release.upgrade("v1", "--wait", "--timeout=60s");
  expect(code, stderr).to.equal(0);
  await shop.serves(shop.host());
  return { release, load: shop.load(RPS) };
}

/** Expects that version alone, and no trace of Serin. */
async function expectLeft(shop: Shop, tag: string): Promise<void> {
  await shop.atRest();
  const sizes = () => [shop.pods(tag).length, shop.stock.services.size, shop.weight()];
  await shop.until(`${tag} alone`, () => String(sizes()) === String([4, 1, undefined]));
  expect(shop.stock.services.get("web")?.spec.selector).to.deep.equal({ app: "web" });
}
