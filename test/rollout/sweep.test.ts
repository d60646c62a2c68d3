import { expect } from "chai";
import { twinOf } from "../../rollout/isolation.ts";
import { RUN } from "../../rollout/keys.ts";
import type { ReplicaSet, Service } from "../../rollout/objects.ts";
import { heldRouteOf } from "../../rollout/overlay.ts";
import type { Outcome } from "../../rollout/run.ts";
import { type Marked, sweep } from "../../rollout/sweep.ts";
import { writeMark, writeNarrow } from "../../rollout/write.ts";
import { AT_NOON, aDeployment, aReplicaSet, aRoute, aService, NOON } from "../support/builders.ts";
import { merged } from "../support/patch.ts";
import { applied } from "../support/routes.ts";

const flight = (service: string) => ({
  namespace: "shop",
  twins: { [service]: `${service}-canary` },
  weight: 20,
  since: AT_NOON,
});
const narrowed: Service = merged(aService(), writeNarrow(aService(), "uid-web", "web1", AT_NOON));
const twin = twinOf(aService(), aDeployment(), "web2");
const backends = [
  { name: "web", port: 80 },
  { name: "api", weight: 2 },
];
const marked = (outcome: Outcome): ReplicaSet => {
  const run = { started: AT_NOON, outcome, step: 1, stepSince: AT_NOON, stable: "web1", message: "m" };
  return merged(aReplicaSet(), writeMark(aReplicaSet(), "uid-web", run));
};
const sweepOf = (found: Partial<Marked>) =>
  sweep({ now: NOON + 60_000, inFlight: new Set(), services: [], routes: [], replicaSets: [], ...found });

describe("sweep", () => {
  it("leaves alone what is in flight", () => {
    const route = applied(aRoute({ backends }), { "uid-web": flight("web") });
    const found = { services: [narrowed, twin], routes: [route], replicaSets: [marked("running")] };
    expect(sweepOf({ ...found, inFlight: new Set(["uid-web"]) })).to.deep.equal({ writes: [] });
  });

  it("gives a route back, and deletes the twin only when no route names it any more", () => {
    const route = applied(aRoute({ backends }), { "uid-web": flight("web") });
    const first = sweepOf({ services: [twin], routes: [route] });
    expect(first.writes.map(({ verb }) => verb)).to.deep.equal(["merge"]);
    const restored = first.writes[0] ? merged(route, first.writes[0]) : route;
    expect(restored.spec.rules).to.deep.equal([{ backendRefs: backends }]);
    expect(heldRouteOf(restored)).to.equal(undefined);
    const second = sweepOf({ services: [twin], routes: [restored] });
    expect(second.writes).to.have.length(1);
    expect(second.writes[0]).to.include({ verb: "delete", kind: "services", name: "web-canary" });
  });

  it("takes out the lost rollout of a route and keeps the other", () => {
    const route = applied(aRoute({ backends }), { "uid-web": flight("web"), "uid-api": flight("api") });
    const { writes } = sweepOf({ routes: [route], inFlight: new Set(["uid-api"]) });
    const left = writes[0] ? merged(route, writes[0]) : route;
    expect(heldRouteOf(left)?.flights).to.deep.equal({ "uid-api": flight("api") });
    expect(left.metadata.labels).to.deep.equal({ "serin.dev/flight": "uid-api" });
  });

  it("widens a Service only when its Deployment had time to be stored", () => {
    expect(sweepOf({ services: [narrowed], now: NOON + 9_000 })).to.deep.equal({ writes: [], waitMs: 1_000 });
    const { writes } = sweepOf({ services: [narrowed], now: NOON + 10_000 });
    expect(writes[0] && merged(narrowed, writes[0]).spec).to.deep.equal(aService().spec);
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
});
