import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop } from "../../stories/shop.ts";
import { type Story, together } from "../../stories/together.ts";
import { annotate, atHalf, expectTheirs, promoted } from "../leader/midway.ts";

/** Expects that the stable version never had fewer pods than the user's replicas. */
function expectStableWhole(shop: Shop): void {
  const stable = shop.replicaSet("v1")?.metadata.name;
  const less = shop.changes.filter(
    ({ kind, object }) =>
      kind === "replicasets" && object.metadata.name === stable && (object.spec.replicas ?? 0) < 5,
  );
  expect(less.map(({ object }) => object.spec.replicas)).to.deep.equal([]);
}

const stories: Record<string, Story> = {
  "a smaller canary waits for the resume if a pause follows at once": async (shop) => {
    const { was, load } = await atHalf(shop);
    await annotate(shop, "steps", "20:10m");
    await shop.run("rollout", "pause", "deployment/web");
    await shop.answered(load, Date.now(), 500);
    expectStableWhole(shop);
    await shop.run("rollout", "resume", "deployment/web");
    await shop.weighs(20);
    await shop.until("a smaller canary", () => shop.replicaSet("v2")?.spec.replicas === 1);
    expectStableWhole(shop);
    await promoted(shop, was);
    await expectNoFailures(load);
  },

  "another version right after a smaller canary leaves the stable version whole": async (shop) => {
    const { was, load } = await atHalf(shop);
    await annotate(shop, "steps", "20:10m");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(20);
    await shop.until("v3 alone", () => shop.pods("v2").length === 0);
    expectStableWhole(shop);
    await shop.promote();
    expect(shop.pods("v3")).to.have.length(5);
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },

  "an aborted version during the user's pause leaves the stable version whole": async (shop) => {
    const { was, load } = await atHalf(shop);
    await shop.run("rollout", "pause", "deployment/web");
    await annotate(shop, "abort", shop.revision());
    await shop.until("the abort", () => shop.held()?.phase === "failed" && shop.weight() === undefined);
    await shop.answered(load, Date.now(), 500);
    expectStableWhole(shop);
    await shop.run("rollout", "resume", "deployment/web");
    await shop.until("one pod kept", () => shop.replicaSet("v2")?.spec.replicas === 1);
    expectStableWhole(shop);
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    await expectTheirs(shop, was);
    await expectNoFailures(load);
  },
};

describeCluster("while the native controller may remove pods of both versions,", function () {
  this.timeout(240_000);
  together("traefik", stories);
});
