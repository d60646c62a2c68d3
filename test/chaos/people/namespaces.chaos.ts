import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { installSerin } from "../../cluster/serin.ts";
import { eventually } from "../../cluster/wait.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop } from "../../stories/shop.ts";
import { cleanup } from "../cleanup.ts";
import { atHalf, expectTheirs, promoted, quiet, recovers } from "../leader/midway.ts";

/** The log lines of Serin's containers so far. */
function logLines({ cluster: { dir } }: Shop): readonly string[] {
  const logs = join(dir, "kubelet");
  const own = readdirSync(logs).filter((name) => name.startsWith("serin-system") && name.endsWith(".log"));
  return own.flatMap((name) => readFileSync(join(logs, name), "utf8").split("\n").filter(Boolean));
}

describeCluster("a deletion in flight", function () {
  this.timeout(240_000);
  let shop: Shop;
  beforeEach(async () => {
    shop = await Shop.open("gone");
  });
  afterEach(() => shop?.close());

  const remains = async (namespace: string) =>
    (await shop.cluster.kubectl(["get", "namespace", namespace])).code === 0;

  it("of the namespace is not delayed, and Serin stops logging about it", async () => {
    const { load } = await atHalf(shop, { preStopSeconds: 1 });
    const { uid = "" } = shop.deployment().metadata;
    const isAboutIt = (line: string) => line.includes(shop.namespace) || line.includes(uid);
    await load.stop();
    await shop.cluster.kubectl(["delete", "namespace", shop.namespace, "--wait=false"]);
    const gone = async () => ((await remains(shop.namespace)) ? undefined : true);
    await eventually("the namespace gone", gone, 60_000);
    await quiet(3_000);
    const before = logLines(shop);
    await quiet(12_000);
    const after = logLines(shop);
    const errors = after.filter((line) => isAboutIt(line) && /"level":[45]0/.test(line));
    const old = new Set(before);
    expect(after.filter((line) => isAboutIt(line) && !old.has(line))).to.deep.equal([]);
    expect(errors.length, errors[0]).to.be.below(10);
  });

  it("of the Gateway makes the canary wait until the Gateway is recreated", async function () {
    const { was, load } = await atHalf(shop);
    const { kubectl } = shop.cluster;
    const { stdout } = await kubectl(["get", "gateway/gw", "-n", "edge", "-o=json"]);
    const { metadata, ...gateway } = JSON.parse(stdout);
    const { name, namespace } = metadata;
    const input = JSON.stringify({ ...gateway, metadata: { name, namespace }, status: undefined });
    await kubectl(["delete", "gateway/gw", "-n", "edge"]);
    const gone = Date.now();
    try {
      // No object of the shop changes with the Gateway, so only the load can show it.
      const isGone = async () => (load.since(gone).failed > 100 ? true : undefined);
      await eventually("failing requests", isGone, 20_000);
      expect(shop.record("v2")).to.include({ outcome: "running" });
    } finally {
      await kubectl(["apply", "-f", "-"], { input });
    }
    measured(this, await recovers(shop, load, Date.now(), 10_000));
    await promoted(shop, was);
  });

  it("of Serin's own namespace loses no request, and the clean-up command restores everything", async () => {
    const { was, load } = await atHalf(shop);
    const from = Date.now();
    await shop.cluster.kubectl(["delete", "namespace", "serin-system", "--wait=false"]);
    const gone = async () => ((await remains("serin-system")) ? undefined : true);
    await eventually("the namespace gone", gone, 60_000);
    const webhooks = ["get", "mutatingwebhookconfiguration/serin"];
    const free = async () => ((await shop.cluster.kubectl(webhooks)).code === 0 ? undefined : true);
    await eventually("the webhooks gone with it", free, 10_000);
    expect(shop.weight()).to.equal(50);
    const to = await shop.answered(load, Date.now(), 300);
    expect(load.between(from, to).byVersion).to.have.all.keys("v1", "v2");
    await shop.run("label", "deployment/web", "touched=yes");
    await shop.run("label", "deployment/web", "touched-");

    const output = await cleanup(shop);
    expect(output).to.include(
      `Deployment ${shop.namespace}/web runs its stable version under its own fields`,
    );
    await shop.until("v1 alone", () => shop.pods("v2").length === 0 && shop.pods("v1").length === 5);
    await expectTheirs(shop, was);
    await shop.run("rollout", "status", "deployment/web", "--timeout=30s");
    expect(await cleanup(shop), "again, with nothing to do").to.equal("");

    await installSerin(shop.cluster);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(50);
    await promoted(shop, was);
    await expectNoFailures(load);
  });
});
