import { expect } from "chai";
import { conditionOf } from "../../kube/core/meta.ts";
import type { Pod } from "../../kube/core/workloads.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const DEADLINE_MS = 15_000;

onEachGatewayAtOnce("a version that does not become ready", function (gateway) {
  this.timeout(180_000);
  let shop: Shop;
  let load: Load;
  let route: object;
  before(async () => {
    shop = await Shop.open("unready", { gateway });
    await shop.deploy({ interval: "2s", plan: { "serin.dev/compare": "off", "serin.dev/checks": "none" } });
    await shop.run(
      "patch",
      "deployment/web",
      "--patch",
      JSON.stringify({ spec: { progressDeadlineSeconds: DEADLINE_MS / 1_000 } }),
    );
    route = await shop.manifest("httproutes");
    load = shop.load(100);
  });
  after(() => shop?.close());

  it("fails by the Deployment's own deadline", async () => {
    const asked = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v2-neverready");
    const lasted = await untilFailed(shop, "v2-neverready");
    expect(lasted, "ms until the verdict").to.be.within(DEADLINE_MS, DEADLINE_MS + 10_000);
    await tells(shop, "v2-neverready", /did not become ready within progressDeadlineSeconds \(15s\)/);
    await leavesNoTrace(shop, load, route, asked);
  });

  it("fails fast when it crashes several times, even at the moment when another version failed", async () => {
    const asked = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v3-crash");
    const lasted = await untilFailed(shop, "v3-crash");
    expect(lasted, "ms until the verdict").to.be.below(DEADLINE_MS / 2);
    await tells(shop, "v3-crash", /container app is in CrashLoopBackOff after 3 restarts: back-off 40s/);
    await leavesNoTrace(shop, load, route, asked);
  });

  it("whose image cannot be pulled has the same deadline, because a registry may come back, and is told why", async () => {
    await shop.until("the clean-up", () => shop.held()?.phase === "failed");
    const asked = Date.now();
    const said = await shop.run("set", "image", "deployment/web", "app=app:v4-pull");
    expect(said).to.match(/undo would go to the failed revision \d+; the stable one is --to-revision=1/);
    await shop.until("the reason while it waits", () =>
      /waiting for ready canary pods, 0 of 1 so far: pod web-\S+: container app is in ImagePullBackOff/.test(
        shop.condition()?.message ?? "",
      ),
    );
    const lasted = await untilFailed(shop, "v4-pull");
    expect(lasted, "ms until the verdict").to.be.within(DEADLINE_MS, DEADLINE_MS + 10_000);
    await tells(
      shop,
      "v4-pull",
      /did not become ready within .*: container app is in ImagePullBackOff: Back-off pulling image "app:v4-pull"/,
    );
    await leavesNoTrace(shop, load, route, asked);
  });

  it("is superseded by a version that becomes ready", async () => {
    await shop.run("set", "image", "deployment/web", "app=app:v5");
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    await shop.until("v5's record", () => shop.record("v5")?.outcome === "promoted");
    expect(shop.pods("v5")).to.have.length(5);
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  // The next tests are about pods and quotas, so one gateway is enough.
  if (gateway !== "traefik") return;

  it("gets another pod for one that a node evicts, and is promoted", async () => {
    const from = Date.now();
    await shop.run("annotate", "deployment/web", "serin.dev/steps=40:10m", "--overwrite");
    await shop.run("set", "image", "deployment/web", "app=app:v7");
    await shop.weighs(40);
    const [evicted] = shop.pods("v7");
    const status = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
    const patch = JSON.stringify({ status });
    await shop.run("patch", `pod/${evicted?.metadata.name}`, "--subresource=status", `--patch=${patch}`);
    const isOther = ({ metadata, status }: Pod) =>
      metadata.uid !== evicted?.metadata.uid && conditionOf(status?.conditions, "Ready")?.status === "True";
    await shop.until("another canary pod", () => shop.pods("v7").filter(isOther).length === 2);
    await shop.run("annotate", "deployment/web", "serin.dev/steps=40:2s,60:2s", "--overwrite");
    await shop.until("the record", () => shop.record("v7")?.outcome === "promoted", 90_000);
    await shop.atRest();
    expect(load.since(from).failed, "failed requests").to.equal(0);
    await shop.run("delete", `pod/${evicted?.metadata.name}`);
    await shop.run("annotate", "deployment/web", "serin.dev/steps-");
  });

  it("names a quota as the reason, and can be retried when the quota has room", async () => {
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "tight" },
      spec: { hard: { pods: "5" } },
    };
    await shop.apply(JSON.stringify(quota));
    await shop.until("the old pods gone", () => shop.stock.pods.size === 5);
    await shop.run("set", "image", "deployment/web", "app=app:v6");
    await shop.until("the quota's word", () =>
      /waiting .* exceeded quota: tight/.test(shop.condition()?.message ?? ""),
    );
    await untilFailed(shop, "v6");
    await tells(shop, "v6", /only 0 of 1 canary pods were created within .* exceeded quota: tight/);

    await shop.run("delete", "resourcequota", "tight");
    await shop.run("annotate", "deployment/web", `serin.dev/retry=${shop.revision()}`);
    await shop.until("v6 in flight", () => shop.record("v6")?.outcome === "running");
    await shop.run("rollout", "status", "deployment/web", "--timeout=90s");
    await shop.atRest();
    expect(shop.pods("v6")).to.have.length(5);
    await expectNoFailures(load);
  });
});

/**
 * Waits for the verdict, and expects an error from rollout status as well. Returns how long (ms) the rollout lasted: by
 * Serin's own instants, because kubectl takes its time on a busy machine.
 */
async function untilFailed(shop: Shop, tag: string): Promise<number> {
  const { code, stderr } = await shop.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  expect(code, "exit status of rollout status").to.equal(1);
  expect(stderr).to.include("exceeded its progress deadline");
  await shop.until("the record", () => shop.record(tag)?.outcome === "failed");
  const { started = "", ended = "" } = shop.record(tag) ?? {};
  return Date.parse(ended) - Date.parse(started);
}

/** Expects the reason in the condition, in the revision's record and in an Event. */
async function tells(shop: Shop, tag: string, reason: RegExp): Promise<void> {
  await shop.until("the condition", () => reason.test(shop.condition()?.message ?? ""));
  expect(shop.condition()).to.include({ status: "False", reason: "RolledBack" });
  expect(shop.condition("Progressing")).to.include({ status: "False", reason: "ProgressDeadlineExceeded" });
  expect(shop.record(tag)?.message).to.match(reason);
  const events = await shop.run(
    "get",
    "events",
    "--field-selector=reason=RolledBack",
    "-o=jsonpath={.items[*].message}",
  );
  expect(events).to.match(reason);
}

/** Expects that no request reached it, that one pod stays, and that the route is as its owner wrote it. */
async function leavesNoTrace(shop: Shop, load: Load, route: object, asked: number): Promise<void> {
  await shop.until("the route restored", () => shop.weight() === undefined);
  expect(shop.deployment().status?.updatedReplicas).to.equal(1);
  const weights = shop.changesOf("httproutes", asked).flatMap(({ object }) => {
    return (object.spec.rules ?? []).flatMap(({ backendRefs = [] }) =>
      backendRefs.slice(1).map(({ weight }) => weight),
    );
  });
  expect(
    weights.every((weight) => weight === 0),
    `weights ${weights}`,
  ).to.equal(true);
  expect(await shop.manifest("httproutes")).to.deep.equal(route);
  const { byVersion, failed } = load.since(asked);
  expect(Object.keys(byVersion)).to.deep.equal(["v1"]);
  expect(failed, "failed requests").to.equal(0);
}
