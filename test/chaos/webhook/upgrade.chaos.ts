import { expect } from "chai";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { cluster, onEachGateway } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { Shop, type ShopApp } from "../../stories/shop.ts";
import { atHalf, expectTheirs, HALF, promoted, theirs } from "../leader/midway.ts";
import { applyEarlier, applyPresent, rolledOut, SERIN } from "./earlier.ts";

type Version = (cluster: Cluster) => Promise<void>;

const JUDGED: ShopApp = { interval: "10s", plan: { "serin.dev/steps": "20" } };

// Both versions run side by side for as long as the stories in the middle take.
onEachGateway("Serin is changed for another version in mid-flight", function (gateway) {
  this.timeout(300_000);
  let running: Cluster;
  let shops: Shop[];
  const open = async (title: string) => {
    const shop = await Shop.open(title, { gateway });
    shops.push(shop);
    return shop;
  };
  before(async () => {
    shops = [];
    await open("first");
    running = await cluster();
  });
  afterEach(async () => {
    for (const shop of shops.splice(0)) await shop.close();
  });
  after(async () => {
    if (running === undefined) return;
    await applyPresent(running);
    await rolledOut(running);
  });

  for (const [title, from, to] of [
    ["upgraded", applyEarlier, applyPresent],
    ["downgraded", applyPresent, applyEarlier],
  ] as const)
    it(`${title}: no request is lost, and every verdict is the same`, async () => {
      await from(running);
      await rolledOut(running);
      const [good, undone, bad] = await Promise.all([open("good"), open("undone"), open("bad")]);
      const [flight, second] = await Promise.all([atHalf(good), atHalf(undone), bad.deploy(JUDGED)]);
      const load = bad.load(100);

      const release = await beside(running, to);
      await undone.run("rollout", "undo", "deployment/web");
      await undone.atRest();
      await expectTheirs(undone, second.was);
      await bad.run("set", "image", "deployment/web", "app=app:v2-err20");
      await bad.until("the verdict", () => bad.record("v2-err20")?.outcome === "failed", 120_000);
      const healthy = await open("healthy");
      await healthy.deploy(JUDGED);
      const proven = healthy.load(200);
      await healthy.run("set", "image", "deployment/web", "app=app:v2");
      await healthy.weighs(20);
      await release();

      await promoted(good, flight.was);
      await healthy.until("the promotion", () => healthy.record("v2")?.outcome === "promoted", 120_000);
      await healthy.atRest();
      expect(bad.record("v2-err20")).to.include({ outcome: "failed" });
      await bad.run("rollout", "undo", "deployment/web");
      await bad.atRest();
      const next = await open("next");
      await next.deploy(HALF);
      const was = theirs(next);
      await next.run("set", "image", "deployment/web", "app=app:v2");
      await next.weighs(50);
      await promoted(next, was);
      for (const each of [flight.load, second.load, proven]) await expectNoFailures(each);
      await load.stop();
      const lost = [...load.rows()].filter(({ status, version }) => status !== 200 && version !== "v2");
      expect(lost, "failures that are not the bad version's own").to.have.length(0);
    });
});

/** Installs a version and stops when one pod of it runs beside those of the other. Returns what installs the rest. */
async function beside({ kubectl, api }: Cluster, to: Version): Promise<() => Promise<void>> {
  const running = await cluster();
  await to(running);
  const rollout = async (verb: string, name: string) => {
    const { code, stderr } = await kubectl(["rollout", verb, `deployment/${name}`], {
      namespace: "serin-system",
    });
    expect(code, stderr).to.equal(0);
  };
  await Promise.all(
    SERIN.map(async (name) => {
      const path = `/apis/apps/v1/namespaces/serin-system/deployments/${name}`;
      await eventually(`a pod of the other version of ${name}`, async () => {
        const { metadata, status } = await api.demand<Deployment>("GET", path);
        const isSeen = status?.observedGeneration === metadata.generation;
        return (isSeen && (status?.updatedReplicas ?? 0) > 0) || undefined;
      });
      await rollout("pause", name);
    }),
  );
  return async () => {
    for (const name of SERIN) await rollout("resume", name);
    await rolledOut(running);
  };
}
