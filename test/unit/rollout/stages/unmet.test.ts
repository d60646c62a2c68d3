import { expect } from "chai";
import type { Condition } from "../../../../kube/core/meta.ts";
import type { ParentStatus, Route } from "../../../../kube/core/routes.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { expose } from "../../../../rollout/stages/expose.ts";
import { drained } from "../../../../rollout/traffic/exposure.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { aRoute, aService, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

const MINUTE = 60_000;
const SETTLED_MS = 30_000;

const entry = (controllerName: string, conditions: Record<string, Partial<Condition>>): ParentStatus => ({
  controllerName,
  conditions: ["Accepted", "ResolvedRefs"].map((type) => ({
    type,
    status: "True",
    observedGeneration: 1,
    ...conditions[type],
  })),
});
const traefik = "traefik.io/gateway-controller";
const broken = {
  status: "False",
  reason: "BackendNotFound",
  message: "Service shop/gone not found",
} as const;
const withStatus = (route: Route, parents: ParentStatus[]): Route => ({ ...route, status: { parents } });

/** The same statuses as a gateway reports them for the present generation. */
const seen = (parents: ParentStatus[], generation: number, message?: string): ParentStatus[] =>
  parents.map((parent) => ({
    ...parent,
    conditions: (parent.conditions ?? []).map((condition) => ({
      ...condition,
      observedGeneration: generation,
      ...(message !== undefined && condition.status === "False" && { message }),
    })),
  }));

/** The route after its first overlay, written while its parents said this. */
function attached(parents: ParentStatus[]): Route {
  const route = withStatus(aRoute(), parents);
  const before = aRollout({ routes: [route] });
  const [write] = expose(before)?.writes ?? [];
  if (write === undefined) throw new Error("no overlay");
  const stored = merged(route, write);
  return { ...stored, metadata: { ...stored.metadata, generation: 2 } };
}

function after(route: Route, parents: ParentStatus[], ms = SETTLED_MS) {
  return expose(aRollout({ routes: [withStatus(route, parents)], now: NOON + ms }));
}

describe("a condition of a route that was not met before the rollout", () => {
  const cases: [string, ParentStatus[]][] = [
    ["a rule names a Service that does not exist", [entry(traefik, { ResolvedRefs: broken })]],
    [
      "no listener of one parent fits",
      [entry(traefik, { Accepted: { status: "False", reason: "NoMatchingParent" } })],
    ],
    [
      "one of two gateways does not resolve a ref",
      [entry(traefik, {}), entry("a.io/b", { ResolvedRefs: broken })],
    ],
    ["it is unknown", [entry(traefik, { ResolvedRefs: { status: "Unknown", reason: "Pending" } })]],
    [
      "the gateway never reports it",
      [{ ...entry(traefik, {}), conditions: entry(traefik, {}).conditions?.slice(0, 1) ?? [] }],
    ],
  ];
  for (const [when, parents] of cases) {
    it(`is not demanded in flight: ${when}`, () => {
      const decision = after(attached(parents), seen(parents, 2));
      expect(JSON.stringify(decision?.writes), "the first weight").to.contain('"weight":9');
    });
  }

  it("keeps no canary from its weight, and none is rolled back for it after the deadline", () => {
    const parents = [entry(traefik, { ResolvedRefs: broken })];
    const route = withStatus(attached(parents), seen(parents, 2, "Service shop/other not found"));
    const canary = { ...aRollout().canary, status: { readyReplicas: 1 } };
    const snapshot = aRollout({ routes: [route], now: NOON + 20 * MINUTE, services: [aService()] });
    expect(JSON.stringify(decide({ ...snapshot, canary } as typeof snapshot).writes)).not.to.contain(
      "rolled back",
    );
  });

  it("is still demanded where it was met, of the parent that met it", () => {
    const parents = [entry(traefik, {}), entry("a.io/b", { ResolvedRefs: broken })];
    const now = seen(
      [entry(traefik, { ResolvedRefs: broken }), entry("a.io/b", { ResolvedRefs: broken })],
      2,
    );
    expect(after(attached(parents), now)?.condition?.message).to.match(/^traefik.*ResolvedRefs=False/);
  });

  it("does not hide that a canary Service is missing", () => {
    const parents = [entry(traefik, { ResolvedRefs: broken })];
    const now = seen(parents, 2, "Service shop/web-canary not found");
    expect(after(attached(parents), now)?.condition?.message).to.contain("web-canary not found");
  });

  it("is expected of the canary Service as well if it named the user's Service", () => {
    const named = { ...broken, message: 'service "web" is invalid: port 81 not found' };
    const parents = [entry(traefik, { ResolvedRefs: named })];
    const now = seen(parents, 2, `${named.message}, service "web-canary" is invalid: port 81 not found`);
    const route = attached(parents);
    expect(JSON.stringify(after(route, now)?.writes), "the first weight").to.contain('"weight":9');
    const share = shareOf(route, "uid-web");
    expect(share && drained(share, "")).to.deep.include({ unresolved: ["web"] });
  });

  it("does not hide that the gateway has not seen the overlay yet", () => {
    const parents = [entry(traefik, { ResolvedRefs: broken })];
    expect(after(attached(parents), parents)?.condition?.message).to.match(/not yet seen generation 2/);
  });

  it("is remembered when the weight is taken away", () => {
    const share = shareOf(attached([entry(traefik, { ResolvedRefs: broken })]), "uid-web");
    expect(share?.unmet).to.have.length(1);
    expect(share && drained(share, "")).to.deep.include({ unmet: share?.unmet });
  });

  it("takes no place in the record where all conditions are met", () => {
    expect(shareOf(attached([entry(traefik, {})]), "uid-web")).not.to.have.property("unmet");
  });
});

describe("a gateway that has not seen the route before the overlay", () => {
  const late = aRoute({ meta: { generation: 2 } });
  it("gets a moment", () => {
    const decision = expose(aRollout({ routes: [late], now: NOON + 10_000 }));
    expect(decision).to.deep.include({ writes: [], waitMs: 50_000 });
    expect(decision?.condition?.message).to.match(/has not yet seen generation 2/);
  });

  it("is waited for after the overlay if it is the only one, and not if another one has seen it", () => {
    const unmetOf = (parents: ParentStatus[]) => {
      const route = withStatus(late, parents);
      const [write] = expose(aRollout({ routes: [route], now: NOON + MINUTE }))?.writes ?? [];
      return write && shareOf(merged(route, write), "uid-web")?.unmet;
    };
    expect(unmetOf([entry(traefik, {})])).to.equal(undefined);
    expect(unmetOf([...seen([entry(traefik, {})], 2), entry("gone.io/gateway", {})])).to.have.length(2);
  });
});

describe("a condition of a route that was met until the canary had weight", () => {
  it("takes the weight back at once if it is that of a backend, and gives it again when it is met", () => {
    const weighted = carrying(aRoute(), 25, NOON);
    const refused = withStatus(weighted, seen([entry(traefik, { ResolvedRefs: broken })], 1));
    const decision = expose(aRollout({ routes: [refused], now: NOON + SETTLED_MS }));
    expect(decision?.condition?.message).to.match(/ResolvedRefs=False/);
    const [write] = decision?.writes ?? [];
    if (write === undefined) throw new Error("no withdrawal");
    const withdrawn = merged(refused, write);
    expect(shareOf(withdrawn, "uid-web")?.weight).to.equal(0);
    const later = { routes: [withdrawn], now: NOON + 2 * SETTLED_MS };
    expect(expose(aRollout(later))?.writes, "while it waits").to.deep.equal([]);
    const healed = withStatus(withdrawn, [entry(traefik, {})]);
    const [again] = expose(aRollout({ ...later, routes: [healed] }))?.writes ?? [];
    expect(again && shareOf(merged(healed, again), "uid-web")?.weight).to.be.above(0);
  });

  it("keeps the weight while a gateway has not seen the route, or leaves it out", () => {
    const weighted = carrying(aRoute(), 25, NOON);
    const old = { ...weighted, metadata: { ...weighted.metadata, generation: 2 } };
    for (const route of [
      withStatus(old, [entry(traefik, { ResolvedRefs: broken })]),
      withStatus(weighted, [entry(traefik, { Accepted: { status: "False", reason: "NoMatchingParent" } })]),
    ]) {
      const { writes = [] } = expose(aRollout({ routes: [route], now: NOON + SETTLED_MS })) ?? {};
      expect(writes.filter((write) => "kind" in write && write.kind === "httproutes")).to.deep.equal([]);
    }
  });
});
