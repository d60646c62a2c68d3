import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { HEARD_MS, type Shop } from "../../stories/shop.ts";
import { together } from "../../stories/together.ts";
import { setReady } from "./nodes.ts";

const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "none" };
const RPS = 50;
const DEADLINE_S = 10;

// These tests depend on pods, not on the gateway, so they run on one.
describeCluster("without room or ready pods,", function () {
  this.timeout(240_000);
  together("traefik", {
    "a quota without room for the canary is reported, and the rollout continues when it is lifted": async (
      shop,
    ) => {
      const load = await open(shop);
      await allow(shop, 4);
      await update(shop, "v2");
      await shop.until("the message", () =>
        /waiting for ready canary pods, 0 of 1 so far.* exceeded quota: room/.test(message(shop)),
      );
      expect(shop.weight() ?? 0).to.equal(0);
      await allow(shop, 10);
      await shop.atRest();
      expect(shop.pods("v2")).to.have.length(4);
      expect(grantedTo(shop)).to.deep.equal([25, 50, 0]);
      await expectNoFailures(load);
    },

    "a quota reached at a step keeps the step before, and the rollout continues when there is room": async (
      shop,
    ) => {
      const load = await open(shop);
      await allow(shop, 5);
      await update(shop, "v2");
      await shop.until("the message", () =>
        /waiting for ready canary pods, 1 of 2 so far.* exceeded quota/.test(message(shop)),
      );
      expect(shop.weight()).to.equal(25);
      await allow(shop, 10);
      await shop.atRest();
      expect(shop.pods("v2")).to.have.length(4);
      expect(grantedTo(shop)).to.deep.equal([25, 50, 0]);
      await expectNoFailures(load);
    },

    "a quota that stays makes the rollout fail after the Deployment's own deadline": async (shop) => {
      const load = await open(shop, DEADLINE_S);
      await allow(shop, 5);
      await update(shop, "v2");
      await shop.until("failed", () => shop.held()?.phase === "failed" && shop.weight() === undefined);
      expect(shop.record("v2")?.message).to.match(
        /^rolled back at 25%.*: only 1 of 2 canary pods were created within progressDeadlineSeconds \(10s\): .*exceeded quota/,
      );
      expect(grantedTo(shop)).to.deep.equal([25, 0]);
      await expectNoFailures(load);
    },

    "a fix rolls out natively, with a warning, if no stable pod is ready at the start": async (shop) => {
      const load = await open(shop);
      await sicken(shop, "v1");
      const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v2");
      expect(code).to.equal(0);
      expect(stderr).to.include(
        "native rolling update, no canary: no pod of the present version is available: there is nothing to compare with",
      );
      await serves(shop, load, "v2");
    },

    "a fix can be promoted at once, with a warning, if no stable pod is ready after a failed canary": async (
      shop,
    ) => {
      const load = await open(shop);
      await update(shop, "v2-crash");
      await shop.until("failed", () => shop.held()?.phase === "failed" && shop.weight() === undefined);
      await sicken(shop, "v1");
      const { code, stderr } = await shop.kubectl("set", "image", "deployment/web", "app=app:v3");
      expect(code, stderr).to.equal(0);
      expect(stderr).to.include(
        "serin: no stable pod is ready: annotating serin.dev/promote with the new revision",
      );
      await order(shop);
      await serves(shop, load, "v3");
    },

    "the condition offers a promotion at once if no stable pod is ready in flight": async (shop) => {
      const load = await open(shop, 60, "25:10m");
      await update(shop, "v2");
      await shop.weighs(25);
      await sicken(shop, "v1");
      await shop.answered(load, Date.now(), 200);
      await order(shop);
      await serves(shop, load, "v2");
    },
  });
});

async function open(shop: Shop, deadlineSeconds = 60, steps = "25, 50"): Promise<Load> {
  const list = JSON.parse(
    shop.manifests({ interval: "2s", replicas: 4, plan: { ...unjudged, "serin.dev/steps": steps } }),
  );
  list.items[0].spec.progressDeadlineSeconds = deadlineSeconds;
  await shop.apply(JSON.stringify(list));
  await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  await shop.serves(shop.host());
  return shop.load(RPS);
}

function update(shop: Shop, tag: string): Promise<string> {
  return shop.run("set", "image", "deployment/web", `app=app:${tag}`);
}

/** A canary may be promoted at once; a version that waits for stable pods starts natively. */
const SUGGESTION =
  /kubectl (annotate \S+ serin\.dev\/promote=\S+) (?:ships this version at once|starts the new version by a native rolling update)/;

/** Runs the command that the condition suggests. */
async function order(shop: Shop): Promise<void> {
  const suggested = () => SUGGESTION.exec(message(shop))?.[1];
  await shop.until("the suggestion", () => suggested() !== undefined);
  await shop.run(...(suggested() ?? "").split(" "));
}

/** Sets a quota of this many pods. */
function allow(shop: Shop, pods: number): Promise<string> {
  const spec = { hard: { pods: String(pods) } };
  return shop.apply(
    JSON.stringify({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "room" }, spec }),
  );
}

/** Makes every pod of a version unready for good. */
async function sicken(shop: Shop, tag: string): Promise<void> {
  for (const pod of shop.pods(tag)) await setReady(shop, pod, false);
  await shop.until(`no ${tag} available`, () => !shop.replicaSet(tag)?.status?.availableReplicas);
}

/** Expects that the version's rollout ends, and that it then answers every request. */
async function serves(shop: Shop, load: Load, tag: string): Promise<void> {
  await shop.run("rollout", "status", "deployment/web", "--timeout=60s");
  await shop.atRest();
  const from = Date.now() + HEARD_MS;
  const { failed, byVersion } = load.between(from, await shop.answered(load, from, 100));
  expect({ failed, versions: Object.keys(byVersion) }).to.deep.equal({ failed: 0, versions: [tag] });
}

function message(shop: Shop): string {
  return shop.condition()?.message ?? "";
}
