import { expect } from "chai";
import fc from "fast-check";
import type { BackendRef, RouteRule } from "../../../../kube/core/routes.ts";
import { inseparableRule } from "../../../../rollout/traffic/added-rules.ts";
import { overlay } from "../../../../rollout/traffic/overlay.ts";
import type { Home, RouteRecord } from "../../../../rollout/traffic/route-record.ts";
import { cookieOf } from "../../../../rollout/traffic/sticky.ts";
import { overlayBackends } from "../../../../rollout/traffic/weights.ts";
import { fulfils, type Request, serve } from "../../../model/router.ts";
import { cases } from "../../../support/cases.ts";
import { anyExposedShares, anyOverlappingRules, anyRequest, STICKY } from "../../../support/exposed.ts";

const SHOP: Home = { namespace: "shop", kind: "HTTPRoute" };
type Flights = RouteRecord["shares"];

/** Name of a backend → its share of the rule's requests, in millionths. */
function sharesOf(refs: readonly BackendRef[] = []): Record<string, number> {
  const sum = refs.reduce((all, { weight = 1 }) => all + weight, 0);
  const shares = refs.map(({ name, weight = 1 }) => [name, Math.round((weight / sum) * 1e6)] as const);
  return Object.fromEntries(shares.filter(([, share]) => share > 0));
}

/** What the user's rule gives to its backends when `web`'s rollout has this weight. */
function sharesAt(rule: RouteRule, shares: Flights, weight: number) {
  const web = shares.web ?? expect.fail();
  const { sticky: _sticky, ...plain } = web;
  const weighted = { ...shares, web: { ...plain, weight } };
  return sharesOf(overlayBackends(rule.backendRefs ?? [], weighted, SHOP.namespace));
}

const names = (rule: RouteRule, service: string) =>
  rule.backendRefs?.some(({ name }) => name === service) ?? false;

/** The weights with which the rollout may serve this request; nothing: as it likes. */
function allowed(request: Request, { web }: Flights): readonly number[] {
  if (web === undefined) return [];
  const isTester = web.match?.some((match) => fulfils(match, request));
  const kept = (["canary", "stable"] as const).filter(
    (version) => web.sticky && fulfils(cookieOf(STICKY, version), request),
  );
  if (isTester) return [100];
  if (kept.length === 0) return [web.weight];
  return kept.map((version) => (version === "canary" ? 100 : 0));
}

/** Throws where the request goes elsewhere than it should. */
function check(rules: readonly RouteRule[], shares: Flights, request: Request): void {
  const original = serve(rules, request);
  const written = overlay(rules, shares, SHOP);
  const served = written[serve(written, request)];
  const rule = rules[original];
  if (rule === undefined) {
    expect(served).to.equal(undefined);
    return;
  }
  expect(served, "a rule").to.include({ mark: rule.mark });
  const actual = sharesOf(served?.backendRefs);
  if (!names(rule, "web")) {
    const api = names(rule, "api") && shares.api ? sharesAt(rule, shares, 0) : sharesOf(rule.backendRefs);
    expect(actual, "all other users").to.deep.equal(api);
    return;
  }
  const weights = allowed(request, shares);
  const expected = weights.map((weight) => sharesAt(rule, shares, weight));
  // Where the Gateway API has no words for both conditions, chance decides; a plan is warned of it, or refused.
  const untold = inseparableRule(rules, "web", shares, SHOP) !== undefined;
  if (untold) expected.push(sharesAt(rule, shares, shares.web?.weight ?? 0));
  // A cookie of the stable version may then be the only sign of a tester.
  if (untold && shares.web?.sticky) expected.push(sharesAt(rule, shares, 0), sharesAt(rule, shares, 100));
  expect(expected.map((it) => JSON.stringify(it))).to.include(JSON.stringify(actual));
}

describe("added rules among the user's, whatever the route", () => {
  it("leaves every request at its rule, and gives the canary to its audience only", () => {
    fc.assert(
      fc.property(
        anyOverlappingRules,
        anyExposedShares,
        fc.array(anyRequest, { minLength: 1, maxLength: 8 }),
        (rules, shares, requests) => {
          for (const request of requests) check(rules, shares, request);
        },
      ),
      { numRuns: cases(3_000) },
    );
  });

  it("can tell testers apart on most routes", () => {
    const samples = fc.sample(fc.tuple(anyOverlappingRules, anyExposedShares), { numRuns: 500, seed: 1 });
    const untold = samples.filter(
      ([rules, shares]) => inseparableRule(rules, "web", shares, SHOP) !== undefined,
    );
    expect(untold.length).to.be.within(25, 250);
  });
});
