import { expect } from "chai";
import fc from "fast-check";
import type { BackendRef, Route, RouteRule } from "../../../../kube/core/routes.ts";
import { rulesOf } from "../../../../rollout/traffic/overlay.ts";
import { readIntent, reimpose } from "../../../../rollout/traffic/reapply.ts";
import { routeRecordOf } from "../../../../rollout/traffic/route-record.ts";
import { cases } from "../../../support/cases.ts";
import { anyExposedShares, anyOverlappingRules, STICKY } from "../../../support/exposed.ts";
import { applied } from "../../../support/routes.ts";

const filter = { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x", value: "1" }] } };
const modifier = { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["x-powered-by"] } };
const mirror = { type: "RequestMirror", requestMirror: { backendRef: { name: "audit", port: 80 } } };

/** Rules as users write them, with filters next to which Serin's own must stand. */
const anyRoute: fc.Arbitrary<Route> = fc
  .tuple(
    anyOverlappingRules,
    fc.array(fc.constantFrom("none", "rule", "backend", "mirror"), { minLength: 5, maxLength: 5 }),
  )
  .map(([rules, filters]) => ({
    metadata: { name: "r", namespace: "shop", resourceVersion: "1" },
    spec: { rules: rules.map((rule, i) => withFilters(rule, filters[i] ?? "none")) },
  }));

function withFilters(rule: RouteRule, where: string): RouteRule {
  if (where === "rule") return { ...rule, filters: [filter, modifier] };
  if (where === "mirror") return { ...rule, filters: [mirror] };
  if (where === "none") return rule;
  return { ...rule, backendRefs: (rule.backendRefs ?? []).map((ref) => ({ ...ref, filters: [modifier] })) };
}

/** An edit that a user may make of the stored rules. */
type Edit = (rules: readonly RouteRule[], at: number) => RouteRule[];
const change =
  (edit: (rule: RouteRule) => RouteRule): Edit =>
  (rules, at) =>
    rules.map((rule, i) => (i === at % rules.length ? edit(rule) : rule));
const withoutCanaries = (refs: readonly BackendRef[] = []) =>
  refs.filter(({ name }) => !name.endsWith("-canary"));
const edits: Record<string, Edit> = {
  nothing: (rules) => [...rules],
  "a timeout": change((rule) => ({ ...rule, timeouts: { request: "1s" } })),
  "another backend": change((rule) => ({
    ...rule,
    backendRefs: [...(rule.backendRefs ?? []), { name: "new" }],
  })),
  "other weights": change((rule) => ({
    ...rule,
    backendRefs: (rule.backendRefs ?? []).map((ref) => ({ ...ref, weight: 7 })),
  })),
  "another filter": change((rule) => ({
    ...rule,
    filters: [...(rule.filters ?? []), { type: "URLRewrite" }],
  })),
  "the canary Services removed": change((rule) => ({
    ...rule,
    backendRefs: withoutCanaries(rule.backendRefs),
  })),
  "all canary Services removed": (rules) =>
    rules.map((rule) => ({ ...rule, backendRefs: withoutCanaries(rule.backendRefs) })),
  "a rule removed": (rules, at) => rules.filter((_rule, i) => i !== at % rules.length),
  "a rule before": (rules) => [{ backendRefs: [{ name: "new" }], mark: "new" }, ...rules],
  "the last first": (rules) => [...rules.slice(-1), ...rules.slice(0, -1)],
};

/** Whether anything of a rollout is left in rules. */
function traces(rules: readonly RouteRule[]): string[] {
  const text = JSON.stringify(rules.map(({ matches: _matches, ...rule }) => rule));
  return [...text.matchAll(new RegExp(`web-canary|api-canary|${STICKY.cookie}=`, "g"))].map(String);
}

describe("overlay with testers, cookies and copies, whatever the route", () => {
  const runs = { numRuns: cases(500) };

  it("is taken off again to the letter, from step to step", () => {
    fc.assert(
      fc.property(anyRoute, anyExposedShares, anyExposedShares, (route, first, second) => {
        const stepped = applied(applied(route, first), second);
        expect(rulesOf(stepped)).to.deep.equal(route.spec.rules);
        expect(stepped.spec).to.deep.equal(applied(route, second).spec);
        expect(applied(stepped, {})).to.deep.equal({
          ...route,
          metadata: { ...route.metadata, labels: {}, annotations: {} },
        });
      }),
      runs,
    );
  });

  it("reads a manifest that is applied again as it is, and a stored route as the user's rules", () => {
    fc.assert(
      fc.property(anyRoute, anyRoute, anyExposedShares, (route, next, shares) => {
        const old = applied(route, shares);
        expect(readIntent(next, old)).to.deep.equal(next.spec.rules);
        expect(readIntent(old, old)).to.deep.equal(route.spec.rules);
      }),
      runs,
    );
  });

  it("is put back as often as you like", () => {
    fc.assert(
      fc.property(anyRoute, anyRoute, anyExposedShares, (route, next, shares) => {
        const old = applied(route, shares);
        const once = reimpose(next, old);
        expect(rulesOf(once)).to.deep.equal(next.spec.rules);
        expect(once.spec.rules).to.deep.equal(applied(next, shares).spec.rules);
        expect(reimpose(once, old)).to.deep.equal(once);
        expect(reimpose(once, once)).to.deep.equal(once);
      }),
      runs,
    );
  });

  for (const [what, edit] of Object.entries(edits)) {
    it(`takes nothing of Serin's for the user's in an edit of the stored route: ${what}`, () => {
      fc.assert(
        fc.property(anyRoute, anyExposedShares, fc.nat(), (route, shares, at) => {
          const old = applied(route, shares);
          const requested = { ...old, spec: { rules: edit(old.spec.rules ?? [], at) } };
          const intent = readIntent(requested, old);
          expect(traces(intent)).to.deep.equal([]);
          const stored = reimpose(requested, old);
          expect(rulesOf(stored)).to.deep.equal(intent);
          expect(routeRecordOf(stored)?.shares).to.deep.equal(shares);
          expect(reimpose(stored, old), "reinvoked").to.deep.equal(stored);
          expect(traces(applied(stored, {}).spec.rules ?? [])).to.deep.equal([]);
        }),
        { numRuns: cases(150) },
      );
    });
  }

  it("keeps every rule that the user did not touch", () => {
    fc.assert(
      fc.property(
        anyRoute,
        anyExposedShares,
        fc.constantFrom("a timeout", "another filter", "another backend"),
        fc.nat(),
        (route, shares, what, at) => {
          const old = applied(route, shares);
          const users = (old.spec.rules ?? []).flatMap((_rule, i) =>
            routeRecordOf(old)?.added?.includes(i) ? [] : [i],
          );
          const index = at % users.length;
          const requested = {
            ...old,
            spec: { rules: edits[what]?.(old.spec.rules ?? [], users[index] ?? 0) ?? [] },
          };
          const others = (rules: readonly RouteRule[] = []) => rules.filter((_rule, i) => i !== index);
          expect(others(readIntent(requested, old))).to.deep.equal(others(route.spec.rules));
        },
      ),
      runs,
    );
  });
});
