import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import { contour } from "../../../../rollout/gateways/contour.ts";
import { application } from "../../../../rollout/gateways/metrics/application.ts";
import type { Backend } from "../../../../rollout/gateways/metrics/backend.ts";
import { nginx } from "../../../../rollout/gateways/nginx.ts";
import { traefik } from "../../../../rollout/gateways/traefik.ts";
import { compareDefaults } from "../../../../rollout/plan/compare.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import { AT_NOON, aHeld, aRoute, aService, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";
import { begun } from "../judge/criteria.ts";

const parents = (...names: string[]) => ({
  status: { parents: names.map((controllerName) => ({ controllerName })) },
});
const behind = (route: Route, weight = 10, since = NOON) => ({ routes: [carrying(route, weight, since)] });

describe("what is asked of the metrics", () => {
  it("is about both versions' backends behind the route, since the first weight", () => {
    const watch = aRollout().judgeInput;
    const place = { routeKind: "HTTPRoute", routeNamespace: "shop", route: "web", namespace: "shop" };
    expect(watch).to.deep.include({
      uid: "uid-web",
      rollout: AT_NOON,
      from: NOON,
      templates: [],
      variables: {},
      subject: { namespace: "shop", target: "web", service: "web", route: "web", replicaSet: "web-web2" },
      sources: [
        {
          pack: traefik.metrics.pack,
          canary: [
            {
              ...place,
              service: "web-canary",
              refs: [{ rule: 0, backend: 1, port: 80 }],
              replicaSet: "web-web2",
            },
          ],
          stable: [
            { ...place, service: "web", refs: [{ rule: 0, backend: 0, port: 80 }], replicaSet: "web-web1" },
          ],
        },
      ],
    });
    expect(watch).not.to.have.property("known");
  });

  it("is nothing before the canary has a weight, after the rollout, or while it is given back", () => {
    expect(aRollout({ weight: 0 }).judgeInput).to.equal(undefined);
    expect(aRollout({ run: { outcome: "failed" } }).judgeInput).to.equal(undefined);
    expect(aRollout({ run: { outcome: "proven" } }).judgeInput).to.equal(undefined);
    expect(aRollout({ held: aHeld({ phase: "failed" }) }).judgeInput).to.equal(undefined);
    expect(aRollout({ routes: [] }).judgeInput).to.equal(undefined);
  });

  const before = NOON - 60_000;
  const known = { ...begun(), since: before, from: before, at: before, stepFrom: before };

  it("continues from what the record knows", () => {
    expect(aRollout({ run: { evidence: known } }).judgeInput).to.deep.include({ known, from: before });
  });

  it("begins again where the record's evidence is older than the rollout", () => {
    const evidence = { ...known, since: 0, from: 0, at: 0, stepFrom: 0 };
    const input = aRollout({ run: { evidence } }).judgeInput;
    expect(input).not.to.have.property("known");
    expect(input?.from).to.equal(NOON);
  });

  it("begins no earlier than the rollout, whatever a route says", () => {
    const input = aRollout(behind(aRoute(), 10, 0)).judgeInput;
    expect(input?.from).to.equal(NOON);
    expect(input?.terms.stepFrom).to.equal(NOON);
  });

  it("begins with the weight if the webhook's clock is ahead, so that no canary goes unjudged until then", () => {
    const began = instant(NOON + 300_000);
    const input = (since: number) =>
      aRollout({
        ...{
          held: aHeld({ started: began }),
          run: { started: began, stepSince: AT_NOON },
          now: NOON + 9_000,
        },
        ...behind(aRoute(), 10, since),
      }).judgeInput;
    expect(input(NOON + 5_000)?.from).to.equal(NOON + 5_000);
    expect(input(NOON + 5_000)?.terms.stepFrom).to.equal(NOON + 5_000);
    expect(input(0)?.from, "whatever a route says").to.equal(NOON);
  });

  it("begins again where the record's evidence is from the future", () => {
    for (const field of ["at", "from", "stepFrom"] as const) {
      const input = aRollout({ run: { evidence: { ...known, [field]: NOON + 3_600_000 } } }).judgeInput;
      expect(input, field).to.include({ from: NOON }).and.not.to.have.property("known");
    }
  });

  it("is on the terms of the present step: since when its weight is in force, or was granted", () => {
    const terms = (snapshot: Parameters<typeof aRollout>[0]) => aRollout(snapshot).judgeInput?.terms;
    expect(terms({})).to.deep.equal({
      compare: compareDefaults,
      checks: [],
      stepFrom: NOON,
      nextShare: 0.25,
    });
    expect(terms({ since: NOON + 7_000 })?.stepFrom).to.equal(NOON + 7_000);
    const granted = { step: 1, stepSince: instant(NOON + 60_000) };
    expect(terms({ run: granted })).to.deep.include({ stepFrom: NOON + 60_000, nextShare: 0.5 });
    expect(terms({ run: { step: 2 } })?.nextShare, "the promotion").to.equal(1);
  });

  it("tells when the weight before the present step came into force", () => {
    const course = [10, 25].map((weight, step) => ({ step, weight, at: instant(NOON + step * 7_000) }));
    const leftFrom = (step: number) => aRollout({ run: { step, course } }).judgeInput?.terms.leftFrom;
    expect([0, 1, 2].map(leftFrom)).to.deep.equal([undefined, NOON, NOON + 7_000]);
  });

  it("parts checks on traffic from metric templates", () => {
    const annotations = {
      "serin.dev/checks": "queue <= 5, p99 <= 500ms",
      "serin.dev/variables": "direction=in",
    };
    const watch = aRollout({ annotations }).judgeInput;
    expect(watch?.terms.checks.map(({ text }) => text)).to.deep.equal(["p99 <= 500ms"]);
    expect(watch?.templates.map(({ text }) => text)).to.deep.equal(["queue <= 5"]);
    expect(watch?.variables).to.deep.equal({ direction: "in" });
  });

  it("is the application's where people say so, or no gateway's metrics will do", () => {
    const packs = (snapshot: Parameters<typeof aRollout>[0]) =>
      aRollout(snapshot).judgeInput?.sources.map(({ pack }) => pack.name);
    expect(packs({ annotations: { "serin.dev/metrics": "application" } })).to.deep.equal(["the application"]);
    expect(packs(behind(aRoute(parents("example.com/unknown"))))).to.deep.equal(["the application"]);
    expect(packs(behind(aRoute(parents("traefik.io/x", "example.com/unknown"))))).to.deep.equal([
      "the application",
    ]);
    expect(packs(behind(aRoute(parents("traefik.io/x", "istio.io/x"))))).to.deep.equal(["Traefik", "Istio"]);
  });

  it("is the Envoy's where people say so and it has counters beside the usual ones", () => {
    const annotations = { "serin.dev/metrics": "envoy" };
    const behindBoth = behind(aRoute(parents("traefik.io/x", "istio.io/x")));
    const sources = aRollout({ ...behindBoth, annotations }).judgeInput?.sources;
    expect(sources?.map(({ pack }) => pack.name)).to.deep.equal(["Traefik", "Istio's Envoy"]);
  });

  it("is the application's for calls of gRPC where a gateway counts them by HTTP's status", () => {
    const sources = (kind: string, controllerName: string) =>
      aRollout(behind({ ...aRoute(parents(controllerName)), kind })).judgeInput?.sources;
    expect(sources("HTTPRoute", "gateway.nginx.org/x")?.map(({ pack }) => pack)).to.deep.equal([
      nginx.metrics.pack,
    ]);
    const [unseen] = sources("GRPCRoute", "gateway.nginx.org/x") ?? [];
    expect(unseen?.pack).to.equal(application);
    const [snapshot] = sources("GRPCRoute", "projectcontour.io/x") ?? [];
    expect(snapshot?.pack).to.equal(contour.metrics.pack);
    expect(snapshot?.canary.map(({ routeKind }) => routeKind)).to.deep.equal(["GRPCRoute"]);
  });

  it("names the filters that copy requests to the canary: a gateway may count copies by their place", () => {
    const copyTo = (name: string) => ({
      type: "RequestMirror",
      requestMirror: { backendRef: { name, port: 80 } },
    });
    const rules = [
      { filters: [copyTo("audit"), copyTo("web-canary")], backendRefs: [{ name: "web", port: 80 }] },
      { backendRefs: [{ name: "web", port: 80 }] },
    ];
    const [source] = aRollout(behind(aRoute({ rules }))).judgeInput?.sources ?? [];
    expect(source?.canary[0]?.mirrors).to.deep.equal([{ rule: 0, filter: 1 }]);
    expect(source?.stable[0]).not.to.have.property("mirrors");
  });

  it("compares nothing without a route, unless the application counts", () => {
    const byPods = { routes: [], run: { inForceSince: instant(NOON + 5_000) } };
    const blind = aRollout(byPods).judgeInput;
    expect(blind).to.deep.include({ from: NOON + 5_000, sources: [] });
    expect(blind?.terms.compare).to.equal("off");
    const seeing = aRollout({ ...byPods, annotations: { "serin.dev/metrics": "application" } }).judgeInput;
    expect(seeing?.terms.compare).to.deep.equal(compareDefaults);
    const [source] = seeing?.sources ?? [];
    const asked = (backends: readonly Backend[] = []) =>
      backends.map(({ routeKind, replicaSet }) => `${routeKind} ${replicaSet}`);
    expect(asked(source?.canary)).to.deep.equal(["HTTPRoute web-web2", "GRPCRoute web-web2"]);
    expect(asked(source?.stable)).to.deep.equal(["HTTPRoute web-web1", "GRPCRoute web-web1"]);
  });

  it("names the same Service in every rule and route, and never a neighbour's", () => {
    const canaryServices = { web: "web-canary", admin: "admin-canary" };
    const both = aRoute({
      rules: [
        {
          backendRefs: [
            { name: "web", port: 80 },
            { name: "api", port: 80 },
          ],
        },
        {
          backendRefs: [
            { name: "admin", port: 80 },
            { name: "web", port: 80 },
          ],
        },
      ],
    });
    const services = ["web", "admin"].map((name) => aService({ meta: { name } }));
    const watch = aRollout({ services, routes: [carrying(both, 10, NOON, canaryServices)] }).judgeInput;
    const named = watch?.sources[0]?.stable.map(({ service, refs }) => [
      service,
      refs.map(({ rule }) => rule),
    ]);
    expect(named).to.deep.equal([
      ["web", [0, 1]],
      ["admin", [1]],
    ]);
    const canary = watch?.sources[0]?.canary.map(({ service }) => service);
    expect(canary).to.deep.equal(["web-canary", "admin-canary"]);
  });
});
