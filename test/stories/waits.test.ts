import { expect } from "chai";
import type { Route } from "../../kube/core/routes.ts";
import { onEachGatewayAtOnce } from "../cluster/fixture.ts";
import type { Load } from "../cluster/load.ts";
import { followed } from "./followed.ts";
import { setReady } from "./readiness.ts";
import { Shop } from "./shop.ts";

const DEADLINE_S = 15;
const plan = { "serin.dev/steps": "25:6s", "serin.dev/compare": "off", "serin.dev/checks": "none" };

onEachGatewayAtOnce("a rollout that waits", function (gateway) {
  this.timeout(240_000);
  let shop: Shop;
  let load: Load;
  before(async () => {
    shop = await Shop.open("waits", { gateway });
    await shop.deploy({ interval: "1s", plan });
    const spec = { progressDeadlineSeconds: DEADLINE_S };
    await shop.run("patch", "deployment/web", `--patch=${JSON.stringify({ spec })}`);
    load = shop.load(100);
  });
  after(() => shop?.close());

  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  const steps = (text: string) =>
    shop.run("annotate", "deployment/web", `serin.dev/steps=${text}`, "--overwrite");
  const message = () => shop.condition()?.message ?? "";
  const status = () => shop.kubectl("rollout", "status", "deployment/web", "--timeout=60s");

  it("does not wait for what was not so at rest: a rule to a missing Service or port, or to one that no pod has, a policy's word", async () => {
    await shop.apply(JSON.stringify(old));
    const rules = [rule("gone"), rule("old"), rule("web", 81)].map((value) => ({
      op: "add",
      path: "/spec/rules/-",
      value,
    }));
    await shop.run("patch", "httproute/web", "--type=json", `--patch=${JSON.stringify(rules)}`);
    const answered = () => shop.stock.httproutes.get("web")?.status?.parents?.[0];
    await shop.until("the refusal", () =>
      answered()?.conditions?.some(({ type, status }) => type === "ResolvedRefs" && status === "False"),
    );
    const parents = [
      ...(shop.stock.httproutes.get("web")?.status?.parents ?? []),
      policy(answered()?.parentRef),
    ];
    await shop.run(
      "patch",
      "httproute/web",
      "--subresource=status",
      "--type=merge",
      `--patch=${JSON.stringify({ status: { parents } })}`,
    );
    await update("v2");
    const from = await shop.weighs(25);
    const to = await shop.until("the promotion", () => shop.held()?.phase === "promoting");
    expect(load.between(from, to).byVersion.v2, "requests to the canary").to.be.above(0);
    await shop.atRest();
    await shop.until("the record", () => shop.record("v2")?.outcome === "promoted");
    // The next case counts Services, so the one without an answer goes, and its rule: the third one.
    const without = { op: "remove", path: "/spec/rules/2" };
    await shop.run("patch", "httproute/web", "--type=json", `--patch=${JSON.stringify([without])}`);
    await shop.run("delete", "service/old");
    expect(load.since(0).failed, "failed requests").to.equal(0);
  });

  it("in favour of a newer version does not wait for the one stable pod of five that is not ready", async () => {
    await steps("25:10m");
    await update("v3");
    await shop.weighs(25);
    const [sick] = shop.pods("v2");
    await setReady(shop, sick?.metadata.name ?? "", false);
    await shop.until("four ready", () => shop.replicaSet("v2")?.status?.readyReplicas === 4);
    const from = Date.now();
    await update("v4");
    await shop.weighs(25);
    expect(shop.record("v4")?.stable).to.equal(shop.replicaSet("v2")?.metadata.labels?.["pod-template-hash"]);
    await setReady(shop, sick?.metadata.name ?? "", true);
    await update("v2");
    await shop.atRest();
    expect(shop.pods("v2")).to.have.length(5);
    expect(load.since(from).failed, "failed requests").to.equal(0);
  });

  it("in favour of a newer version while no stable pod is ready: the only version that serves loses nothing", async () => {
    await steps("25:10m");
    await update("v5");
    await shop.weighs(25);
    for (const pod of shop.pods("v2")) await setReady(shop, pod.metadata.name, false);
    await shop.until("no stable pod ready", () => shop.replicaSet("v2")?.status?.readyReplicas === undefined);
    await shop.answered(load, await followed(shop), 100);
    await update("v6");
    await shop.until("the wait", () => /the new version waits: no pod of stable/.test(message()));
    const waited = await shop.answered(load, Date.now(), 200);
    expect(load.since(waited - 1_000).byVersion.v5, "answers of v5 while v6 waits").to.be.above(0);
    const [, command = ""] =
      /kubectl (annotate deployment\/web serin\.dev\/promote=\d+) starts the new version/.exec(message()) ??
      [];
    await shop.run(...command.split(" "));
    const isRestored = () => !("pod-template-hash" in (shop.stock.services.get("web")?.spec.selector ?? {}));
    await shop.until("the Service restored", isRestored);
    const from = await followed(shop);
    await shop.atRest();
    await shop.answered(load, from, 100);
    const seen = load.since(from);
    expect(seen.total).to.be.above(0);
    expect(seen.failed, "failed requests after the Services were restored").to.equal(0);
    expect(shop.pods("v6")).to.have.length(5);
  });

  // The other cases are about the API server and native control, so one gateway is enough.
  if (gateway !== "traefik") return;

  it("for a Service that a quota refuses ends at the deadline, in the API server's words, and promote goes on", async () => {
    const from = Date.now();
    const hard = { "count/services": "1" };
    await shop.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "tight" },
        spec: { hard },
      }),
    );
    await shop.run(
      "wait",
      "resourcequota/tight",
      "--for=jsonpath={.status.used.count/services}=1",
      "--timeout=30s",
    );
    await update("v7");
    await shop.until("the refusal", () =>
      /cannot create services\/web-canary: .*exceeded quota: tight.*serin\.dev\/promote=\d+ \(or abort\) decides/.test(
        message(),
      ),
    );
    expect((await status()).code, "exit status of rollout status").to.equal(1);
    await shop.until("the verdict", () => shop.condition()?.reason === "RolledBack");
    expect(message()).to.match(
      /^rolled back before it had any traffic: .* within progressDeadlineSeconds \(15s\): cannot create services\/web-canary: .*exceeded quota: tight/,
    );

    await shop.run("annotate", "deployment/web", `serin.dev/retry=${shop.revision()}`);
    await shop.until("the refusal again", () => /^cannot create services/.test(message()));
    await shop.promote();
    expect(shop.pods("v7")).to.have.length(5);
    await shop.run("delete", "resourcequota/tight");
    expect(load.since(from).failed, "failed requests").to.equal(0);
  });

  it("at the plan's pause names the command that goes back, because kubectl refuses an undo", async () => {
    const from = Date.now();
    await steps("25:1s, pause, 50:1s");
    await update("v8");
    await shop.until("the pause", () => /paused by the plan/.test(message()));
    expect((await shop.kubectl("rollout", "undo", "deployment/web")).code).to.equal(1);
    const [, command = ""] =
      /kubectl (annotate deployment\/web serin\.dev\/abort=\d+) goes back/.exec(message()) ?? [];
    await shop.run(...command.split(" "));
    await shop.until("the rollback", () => shop.held()?.phase === "failed");
    await shop.run("rollout", "undo", "deployment/web");
    await shop.atRest();
    expect(shop.pods("v7")).to.have.length(5);
    expect(load.since(from).failed, "failed requests").to.equal(0);
  });

  it("for pods that are not ready yet obeys an order to promote at once", async () => {
    const from = Date.now();
    await update("v9-slow6");
    await shop.until("the wait", () => /waiting for ready canary pods, \d of 2 so far/.test(message()));
    await shop.promote();
    await shop.until("the record", () => shop.record("v9-slow6")?.outcome === "promoted");
    expect(shop.pods("v9-slow6")).to.have.length(5);
    expect(load.since(from).failed, "failed requests").to.equal(0);
  });

  it("for a ReplicaSet that native control does not create, because it noted another size, corrects the note", async () => {
    const from = Date.now();
    // Native control keeps such a note if a user scales in a promotion, deletes the new ReplicaSet, and scales back.
    const stable = shop.replicaSet("v9-slow6")?.metadata.name;
    const noted = "deployment.kubernetes.io/desired-replicas=9";
    await shop.run("annotate", `replicaset/${stable}`, noted, "--overwrite");
    await steps("25:1s");
    await update("v10");
    await shop.until("the record", () => shop.record("v10")?.outcome === "promoted");
    expect(shop.pods("v10")).to.have.length(5);
    expect(load.since(from).failed, "failed requests").to.equal(0);
  });
});

const rule = (name: string, port = 80) => ({
  matches: [{ path: { type: "PathPrefix", value: `/${name}-${port}` } }],
  backendRefs: [{ name, port }],
});

/** A Service of the same pods, none of which has its port. */
const old = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "old" },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "removed" }] },
};

/** The entry of a controller that is no gateway's. */
function policy(parentRef: NonNullable<NonNullable<Route["status"]>["parents"]>[number]["parentRef"]) {
  const condition = {
    type: "kuadrant.io/RateLimitPolicyAffected",
    status: "True",
    reason: "Accepted",
    message: "",
  };
  const conditions = [{ ...condition, lastTransitionTime: new Date().toISOString() }];
  return { controllerName: "kuadrant.io/policy-controller", parentRef, conditions };
}
