import { expect } from "chai";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Output } from "../cluster/kubectl.ts";
import { manifestOf } from "./ledger.ts";
import { expectNoFailures, expectShare } from "./share.ts";
import type { Shop } from "./shop.ts";
import { type Story, together } from "./together.ts";

const FOR_EVER = "10m";

/** Each in a Deployment of its own. */
const withTraffic: Readonly<Record<string, Story>> = {
  "pause holds the step, resume continues, history lists both versions": async (shop) => {
    await deploy(shop, `20:${FOR_EVER}, 50`);
    const load = shop.load(100);
    await update(shop, "v2");
    const from = await shop.weighs(20);
    await shop.run("rollout", "pause", "deployment/web");
    await shop.until("the pause reported", () =>
      /holding at 20%: paused: /.test(shop.condition()?.message ?? ""),
    );
    await shop.run("annotate", "deployment/web", "serin.dev/steps=20:1s, 50", "--overwrite");
    await shop.counted(load, from, 5_000);
    expect(shop.weight()).to.equal(20);
    expectShare(load.between(from, Date.now()), "v2", 0.2);
    expect(await shop.run("rollout", "history", "deployment/web")).to.match(/REVISION.*\n1 .*\n2 /);

    await shop.run("rollout", "resume", "deployment/web");
    await shop.until("50%", () => shop.weight() === 50);
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    await expectNoFailures(load);
  },

  "scale keeps the shares: 5 to 10 to 4": async (shop) => {
    await deploy(shop, `20:${FOR_EVER}`);
    const load = shop.load(100);
    await update(shop, "v2");
    const from = await shop.weighs(20);
    for (const replicas of [10, 4]) {
      await scale(shop, replicas);
      await shop.until(`${replicas} + 20 %`, () => sizes(shop) === `${replicas}+${Math.ceil(replicas / 5)}`);
    }
    const to = await shop.counted(load, from, 4_000);
    expectShare(load.between(from, to), "v2", 0.2);
    await shop.promote();
    expect(shop.pods("v2")).to.have.length(4);
    await expectNoFailures(load);
  },

  "after a scale through small numbers or zero, the stable version has all its pods again": async (shop) => {
    await deploy(shop, `20:${FOR_EVER}`);
    const load = shop.load(100);
    await update(shop, "v2");
    const from = await shop.weighs(20);
    await scale(shop, 1);
    await shop.until("1 + 1", () => sizes(shop) === "1+1");
    await scale(shop, 6);
    await shop.until("6 + 2", () => sizes(shop) === "6+2");
    const to = await shop.counted(load, from, 4_000);
    expectShare(load.between(from, to), "v2", 0.2);
    expect(load.between(from, to).failed, "failed requests").to.equal(0);

    await scale(shop, 0);
    await shop.until("no pods", () => sizes(shop) === "0+0");
    const zero = Date.now();
    await scale(shop, 5);
    await shop.until("5 + 1", () => sizes(shop) === "5+1");
    const back = await shop.weighs(20);
    expectShare(load.between(back, await shop.counted(load, back, 3_000)), "v2", 0.2);
    const served = load.since(zero).byVersion;
    expect((served.v2 ?? 0) / ((served.v1 ?? 0) + (served.v2 ?? 0)), "share of v2 since").to.be.below(0.22);
    await shop.promote();
    expect(shop.pods("v2")).to.have.length(5);
  },

  "restart is native at rest, and starts a new rollout in flight": async (shop) => {
    await deploy(shop, `20:${FOR_EVER}`);
    const load = shop.load(100);
    const objects = await Promise.all([shop.manifest("services"), shop.manifest("httproutes")]);
    const started = Date.now();
    await shop.run("rollout", "restart", "deployment/web");
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    expect(
      shop
        .changesOf("deployments", started)
        .filter(({ object }) => "serin.dev/held" in (object.metadata.annotations ?? {})),
    ).to.deep.equal([]);
    // A gateway may write the status of its routes at any time.
    for (const { object } of [
      ...shop.changesOf("services", started),
      ...shop.changesOf("httproutes", started),
    ])
      expect(objects).to.deep.include(manifestOf(object));

    await update(shop, "v2");
    await shop.weighs(20);
    const first = shop.held()?.started;
    const stable = shop.held()?.stable;
    await shop.run("rollout", "restart", "deployment/web");
    await shop.until("weight 0", () => shop.weight() === 0);
    await shop.until("20% again", () => shop.weight() === 20);
    expect(shop.held()).to.include({ stable, phase: "canary" });
    expect(shop.held()?.started).to.not.equal(first);
    await shop.promote();
    await expectNoFailures(load);
  },
};

/** These do not depend on traffic, so one gateway is enough. */
const withoutTraffic: Readonly<Record<string, Story>> = {
  "promote and abort act on the revision that they name, and on no other": async (shop) => {
    await deploy(shop, `20:${FOR_EVER}, 50:${FOR_EVER}`);
    expect(await order(shop, "promote", "1")).to.include({ code: 0 });
    await shop.until(
      "the order dropped",
      () => shop.deployment().metadata.annotations?.["serin.dev/promote"] === undefined,
    );
    await update(shop, "v2");
    await shop.weighs(20);
    for (const verb of ["promote", "abort"]) {
      const { code, stderr } = await order(shop, verb, "1");
      expect(code).to.equal(1);
      expect(stderr).to.include(`serin.dev/${verb}: "1" is not the revision in flight; expected "2"`);
    }
    expect(shop.weight()).to.equal(20);
    expect(await order(shop, "abort", "2")).to.include({ code: 0 });
    const status = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=30s");
    expect(status.code).to.equal(1);
    await shop.until("rolled back", () =>
      /^rolled back at 20%( after [\dms]+)?: aborted on request, asked by admin\. /.test(
        shop.condition()?.message ?? "",
      ),
    );

    await update(shop, "v3");
    await shop.weighs(20);
    await shop.promote();
    await shop.until("v3's record", () => shop.record("v3")?.outcome === "promoted");
    expect(shop.pods("v3")).to.have.length(5);
    expect(shop.deployment().metadata.annotations).to.not.have.any.keys(
      "serin.dev/promote",
      "serin.dev/abort",
    );
  },

  "a pause in the plan waits for kubectl rollout resume": async (shop) => {
    await deploy(shop, "20:1s, pause, 50:1s");
    await update(shop, "v2");
    await shop.until("the pause", () =>
      /holding at 20%: paused by the plan/.test(shop.condition()?.message ?? ""),
    );
    expect(shop.deployment().spec.paused).to.equal(true);
    expect(shop.weight()).to.equal(20);
    await shop.run("rollout", "resume", "deployment/web");
    await shop.until("50%", () => shop.weight() === 50);
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    expect(shop.deployment().spec).to.not.have.property("paused");
  },
};

onEachGatewayAtOnce("in flight the verbs of kubectl keep their meaning", function (gateway) {
  this.timeout(180_000);
  const stories = gateway === "traefik" ? { ...withTraffic, ...withoutTraffic } : withTraffic;
  // Two on each gateway: all at once would be more than two cores can serve.
  together(gateway, stories, 2);
});

function update(shop: Shop, image: string): Promise<string> {
  return shop.run("set", "image", "deployment/web", `app=app:${image}`);
}

function deploy(shop: Shop, steps: string): Promise<string> {
  const plan = { "serin.dev/steps": steps, "serin.dev/compare": "off", "serin.dev/checks": "none" };
  return shop.deploy({ interval: "2s", plan });
}

function order(shop: Shop, verb: string, revision: string): Promise<Output> {
  return shop.kubectl("annotate", "deployment/web", `serin.dev/${verb}=${revision}`);
}

function scale(shop: Shop, replicas: number): Promise<string> {
  return shop.run("scale", "deployment/web", `--replicas=${replicas}`);
}

/** Pods that the two versions should have, once all of them are ready: `5+1`. */
function sizes(shop: Shop): string {
  const size = (set: ReplicaSet | undefined) => {
    const { spec, status } = set ?? {};
    return (spec?.replicas ?? 0) === (status?.readyReplicas ?? 0) ? String(spec?.replicas) : "not ready";
  };
  return `${size(shop.replicaSet("v1"))}+${size(shop.replicaSet("v2"))}`;
}
