import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import type { Service } from "../../../../kube/core/services.ts";
import type { ReplicaSet } from "../../../../kube/core/workloads.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { type SweepInput, sweep } from "../../../../rollout/cleanup/orphans.ts";
import { settleMs } from "../../../../rollout/gateways/settle.ts";
import { RUN } from "../../../../rollout/keys.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { routeRecordOf, shareOf } from "../../../../rollout/traffic/route-record.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import { MIN_READY_SECONDS } from "../../../../rollout/workload/hold.ts";
import type { Outcome, RunRecord } from "../../../../rollout/workload/run-record.ts";
import { writeRunRecord } from "../../../../rollout/workload/writes.ts";
import { AT_NOON, aDeployment, aReplicaSet, aRoute, aService, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { applied } from "../../../support/routes.ts";

const share = (service: string, weight = 20) => ({
  namespace: "shop",
  canaryServices: { [service]: `${service}-canary` },
  weight,
  since: AT_NOON,
});
const isolated: Service = merged(aService(), writeIsolation(aService(), "uid-web", "web1", AT_NOON));
const canaryService = canaryServiceOf(aService(), aDeployment(), "web2");
const backends = [
  { name: "web", port: 80 },
  { name: "api", weight: 2 },
];
const marked = (outcome: Outcome): ReplicaSet => {
  const run = { started: AT_NOON, outcome, step: 1, stepSince: AT_NOON, stable: "web1", message: "m" };
  return merged(aReplicaSet(), writeRunRecord(aReplicaSet(), "uid-web", run));
};
const sweepOf = (found: Partial<SweepInput>) =>
  sweep({ now: NOON + 60_000, inFlight: new Map(), services: [], routes: [], replicaSets: [], ...found });

describe("sweep", () => {
  it("leaves alone what is in flight", () => {
    const route = applied(aRoute({ backends }), { "uid-web": share("web") });
    const found = { services: [isolated, canaryService], routes: [route], replicaSets: [marked("running")] };
    expect(sweepOf({ ...found, inFlight: new Map([["uid-web", "shop"]]) })).to.deep.equal({ writes: [] });
  });

  it("leaves alone what may belong to a Deployment for which there was no room", () => {
    const route = applied(aRoute({ backends }), { "uid-web": share("web") });
    const found = { services: [isolated, canaryService], routes: [route], replicaSets: [marked("running")] };
    expect(sweepOf({ ...found, incomplete: new Set(["shop"]) })).to.deep.equal({ writes: [] });
    const { writes } = sweepOf({ ...found, incomplete: new Set(["other"]) });
    expect(writes).to.deep.equal(sweepOf(found).writes).and.not.to.deep.equal([]);
  });

  it("restores copies in another namespace, while their original is in flight", () => {
    const inFlight = new Map([["uid-web", "shop"]]);
    const copy = <T extends Service | ReplicaSet | Route>(object: T): T => ({
      ...object,
      metadata: { ...object.metadata, namespace: "copies" },
    });
    const route = copy(applied(aRoute({ backends }), { "uid-web": share("web", 0) }));
    const found = { services: [copy(isolated)], replicaSets: [copy(marked("promoted"))], routes: [route] };
    const { writes } = sweepOf({ ...found, inFlight });
    expect(writes.map((write) => "kind" in write && `${write.kind} ${write.namespace}`)).to.have.members([
      "services copies",
      "replicasets copies",
      "httproutes copies",
    ]);
    const named = [{ name: "web", namespace: "shop", port: 80 }];
    const shared = applied(aRoute({ backends: named, meta: { namespace: "edge" } }), {
      "uid-web": share("web"),
    });
    expect(sweepOf({ routes: [shared], inFlight })).to.deep.equal({ writes: [] });
  });

  it("takes the weight first, restores the route when that is in force, and then deletes the canary Service", () => {
    const route = applied(aRoute({ backends }), { "uid-web": share("web") });
    const now = NOON + 60_000;
    const first = sweepOf({ services: [canaryService], routes: [route] });
    expect(first.writes.map(({ verb }) => verb)).to.deep.equal(["merge"]);
    const drained = first.writes[0] ? merged(route, first.writes[0]) : route;
    expect(shareOf(drained, "uid-web")).to.include({ weight: 0 });
    expect(drained.spec.rules?.[0]?.backendRefs).to.deep.include({ name: "web-canary", port: 80, weight: 0 });
    expect(first.waitMs).to.equal(settleMs(route));

    const early = sweepOf({ services: [canaryService], routes: [drained], now: now + settleMs(route) - 100 });
    expect(early).to.deep.equal({ writes: [], waitMs: 100 });
    const second = sweepOf({ services: [canaryService], routes: [drained], now: now + settleMs(route) });
    expect(second.writes.map(({ verb }) => verb)).to.deep.equal(["merge"]);
    const restored = second.writes[0] ? merged(drained, second.writes[0]) : drained;
    expect(restored.spec.rules).to.deep.equal([{ backendRefs: backends }]);
    expect(routeRecordOf(restored)).to.equal(undefined);
    const third = sweepOf({ services: [canaryService], routes: [restored] });
    expect(third.writes).to.have.length(1);
    expect(third.writes[0]).to.include({ verb: "delete", kind: "services", name: "web-canary" });
  });

  it("does not wait for an instant in the future, or with another rollout's canary Service", () => {
    const forged = { ...share("web", 0), since: "2999-01-01T00:00:00.000Z" };
    const route = applied(aRoute({ backends }), { "uid-forged": forged });
    const { writes } = sweepOf({ services: [canaryService], routes: [route] });
    expect(writes.map(({ verb }) => verb)).to.deep.equal(["merge", "delete"]);
    expect(writes[0] && routeRecordOf(merged(route, writes[0]))).to.equal(undefined);
  });

  it("waits as long for a route that a controller with a fast clock has drained", () => {
    const since = new Date(NOON + 2_000).toISOString();
    const route = applied(aRoute({ backends }), { "uid-web": { ...share("web", 0), since } });
    const decision = sweepOf({ routes: [route], services: [canaryService], now: NOON });
    expect(decision).to.deep.equal({ writes: [], waitMs: 2_000 + settleMs(route) });
  });

  it("waits longer for a route that a leader with a clock that was behind has drained", () => {
    const route = applied(aRoute({ backends }), { "uid-web": share("web", 0) });
    const now = NOON + settleMs(route);
    const decision = sweepOf({ routes: [route], services: [canaryService], now, ledSince: NOON + 1_000 });
    expect(decision).to.deep.equal({ writes: [], waitMs: 1_000 });
  });

  it("takes out the lost rollout of a route and keeps the other", () => {
    const route = applied(aRoute({ backends }), { "uid-web": share("web", 0), "uid-api": share("api") });
    const { writes } = sweepOf({ routes: [route], inFlight: new Map([["uid-api", "shop"]]) });
    const left = writes[0] ? merged(route, writes[0]) : route;
    expect(routeRecordOf(left)?.shares).to.deep.equal({ "uid-api": share("api") });
    expect(left.metadata.labels).to.deep.equal({ "serin.dev/flight": "uid-api" });
  });

  it("widens a Service only when its Deployment had time to be stored", () => {
    // The API server takes up to 34 s, and the clocks of the webhook and the controller differ by up to 10 s.
    expect(sweepOf({ services: [isolated], now: NOON + 43_000 })).to.deep.equal({
      writes: [],
      waitMs: 1_000,
    });
    const { writes } = sweepOf({ services: [isolated], now: NOON + 44_000 });
    expect(writes[0] && merged(isolated, writes[0]).spec).to.deep.equal(aService().spec);
  });

  const ends: [Outcome, Outcome][] = [
    ["running", "undone"],
    ["proven", "promoted"],
    ["failed", "failed"],
    ["superseded", "superseded"],
  ];
  for (const [was, becomes] of ends) {
    it(`closes the record of a ${was} canary as ${becomes}`, () => {
      const { writes } = sweepOf({ replicaSets: [marked(was)] });
      const closed = writes[0] && merged(marked(was), writes[0]);
      expect(JSON.parse(closed?.metadata.annotations?.[RUN] ?? "{}")).to.include({ outcome: becomes });
      expect(closed?.metadata.labels).not.to.have.property("serin.dev/flight");
    });
  }

  describe("a canary that its Deployment has left behind (--cascade=orphan)", () => {
    const canary = (meta: object = {}, replicas = 3) => {
      const labels = { "pod-template-hash": "web2" };
      const set = aReplicaSet({ image: "web:2", replicas, meta: { labels, ...meta } });
      const run = {
        started: AT_NOON,
        outcome: "running",
        step: 1,
        stepSince: AT_NOON,
        stable: "web1",
        message: "",
      };
      return merged(set, writeRunRecord(set, "uid-web", run as RunRecord));
    };
    const { ownerReferences: _owners, ...ownerless } = canaryService.metadata;
    const found = { services: [isolated, { ...canaryService, metadata: ownerless }] };
    const told = (writes: readonly Write[]) =>
      writes.map((write) => ("name" in write ? `${write.verb} ${write.name}` : write.verb));

    it("loses its pods and its canary Service before the Service selects all pods again", () => {
      const first = sweepOf({ ...found, replicaSets: [canary()] });
      expect(told(first.writes)).to.deep.equal(["delete web-canary", "merge web-web2"]);
      expect(first.waitMs).to.be.above(0);
      const going = { ...canary({}, 0), status: { replicas: 3 } };
      expect(told(sweepOf({ services: [isolated], replicaSets: [going] }).writes)).to.deep.equal([]);
      const last = sweepOf({ services: [isolated], replicaSets: [canary({}, 0)] });
      expect(told(last.writes)).to.deep.equal(["merge web", "merge web-web2"]);
    });

    it("keeps them while a route still names the canary Service", () => {
      const routes = [applied(aRoute({ backends }), { "uid-web": share("web") })];
      expect(told(sweepOf({ ...found, routes, replicaSets: [canary()] }).writes)).to.deep.equal([
        "merge web",
      ]);
    });

    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "new", controller: true };
    /** Another Deployment owns it; `minReadySeconds` is its own, if this is the version that it wants. */
    const adopted = (minReadySeconds?: number, replicas = 3) => {
      const set = canary({ ownerReferences: [owner] }, replicas);
      return { ...set, spec: { ...set.spec, ...(minReadySeconds !== undefined && { minReadySeconds }) } };
    };

    it("serves through the Service as soon as it is another Deployment's version, before the canary Service loses its weight", () => {
      const route = applied(aRoute({ backends }), { "uid-web": share("web") });
      const snapshot = { ...found, routes: [route], replicaSets: [adopted()], now: NOON + 1_000 };
      const first = sweepOf(snapshot);
      expect(told(first.writes)).to.deep.equal(["merge web"]);
      const service = first.writes[0] ? merged(isolated, first.writes[0]) : isolated;
      expect(service.spec).to.deep.equal(aService().spec);
      const second = sweepOf({ ...snapshot, services: [service, { ...canaryService, metadata: ownerless }] });
      expect(told(second.writes)).to.deep.equal(["merge web", "merge web-web2"]);
      expect(second.writes[0] && shareOf(merged(route, second.writes[0]), "uid-web")).to.include({
        weight: 0,
      });
    });

    it("waits for no other namespace's ReplicaSet", () => {
      const elsewhere = adopted();
      const route = applied(aRoute({ backends }), { "uid-web": share("web") });
      const replicaSets = [{ ...elsewhere, metadata: { ...elsewhere.metadata, namespace: "other" } }];
      const { writes } = sweepOf({ services: [isolated], routes: [route], replicaSets, now: NOON + 1_000 });
      expect(writes[0] && shareOf(merged(route, writes[0]), "uid-web")).to.include({ weight: 0 });
    });

    it("serves no more where another Deployment wants another version, whose native control removes it", () => {
      const snapshot = { ...found, replicaSets: [adopted(MIN_READY_SECONDS)] };
      const first = sweepOf(snapshot);
      expect(told(first.writes)).to.deep.equal(["delete web-canary"]);
      expect(first.waitMs).to.be.above(0);
      const last = sweepOf({ services: [isolated], replicaSets: [adopted(MIN_READY_SECONDS, 0)] });
      expect(told(last.writes)).to.deep.equal(["merge web", "merge web-web2"]);
    });

    it("is not waited for when nobody else would answer and another Deployment has taken it over, which may keep it for long", () => {
      const stable = (replicas: number) =>
        aReplicaSet({ replicas, meta: { labels: { "pod-template-hash": "web1" } } });
      const restored = (stray: ReplicaSet, ...replicaSets: ReplicaSet[]) => {
        const versions = { namespace: "shop", hashes: new Set(["web1"]), replicaSets };
        return told(sweepOf({ services: [isolated], replicaSets: [stray], versions }).writes);
      };
      const taken = adopted(MIN_READY_SECONDS);
      expect(restored(taken, stable(3))).to.deep.equal([]);
      expect(restored(taken, stable(0))).to.deep.equal(["merge web"]);
      expect(restored(taken)).to.deep.equal(["merge web"]);
      expect(restored(canary()), "removed by Serin").to.deep.equal(["merge web-web2"]);
    });
  });
});
