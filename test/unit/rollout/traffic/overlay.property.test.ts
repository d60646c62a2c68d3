import { expect } from "chai";
import fc from "fast-check";
import type { BackendRef } from "../../../../kube/core/routes.ts";
import { overlay, rulesOf } from "../../../../rollout/traffic/overlay.ts";
import { readIntent, reimpose } from "../../../../rollout/traffic/reapply.ts";
import { type Home, type RouteRecord, routeRecordOf } from "../../../../rollout/traffic/route-record.ts";
import { cases } from "../../../support/cases.ts";
import { anyRoute, anyShares, applied } from "../../../support/routes.ts";

const weightOf = (ref: BackendRef | undefined) => BigInt(ref?.weight ?? 1);
const sum = (refs: readonly BackendRef[]) => refs.reduce((total, ref) => total + weightOf(ref), 0n);
const flightOfRef = (ref: BackendRef, shares: RouteRecord["shares"]) =>
  Object.values(shares).find(
    ({ namespace, canaryServices }) =>
      namespace === (ref.namespace ?? "shop") &&
      (ref.kind ?? "Service") === "Service" &&
      !ref.group &&
      ref.name in canaryServices,
  );

/** Every ref of the user with the refs that it became: itself and, in flight, its canary Service. */
function pairs(before: readonly BackendRef[], after: readonly BackendRef[], shares: RouteRecord["shares"]) {
  const order = Object.values(shares);
  const canaryServices = order.flatMap((share) => before.filter((ref) => flightOfRef(ref, shares) === share));
  return before.map((ref, i) => {
    const share = flightOfRef(ref, shares);
    const canaryService = share && after[before.length + canaryServices.indexOf(ref)];
    return { ref, own: after[i], canaryService, share };
  });
}

const SHOP: Home = { namespace: "shop", kind: "HTTPRoute" };

describe("overlay, whatever the route", () => {
  const runs = { numRuns: cases(500) };

  it("is taken off again to the letter", () => {
    fc.assert(
      fc.property(anyRoute, anyShares, anyShares, (route, first, second) => {
        const stepped = applied(applied(route, first), second);
        expect(rulesOf(stepped)).to.deep.equal(route.spec.rules);
        expect(applied(stepped, {}).spec).to.deep.equal(route.spec);
        expect(routeRecordOf(applied(stepped, {}))).to.equal(undefined);
      }),
      runs,
    );
  });

  it("changes nothing but backendRefs of rules that name a Service in flight", () => {
    fc.assert(
      fc.property(anyRoute, anyShares, (route, shares) => {
        overlay(route.spec.rules ?? [], shares, SHOP).forEach((rule, i) => {
          const was = route.spec.rules?.[i] ?? {};
          expect({ ...rule, backendRefs: 0 }).to.deep.equal({ ...was, backendRefs: 0 });
          if (was.backendRefs?.some((ref) => flightOfRef(ref, shares))) return;
          expect(rule).to.equal(was);
        });
      }),
      runs,
    );
  });

  it("gives every Service its share, and its canary Service never more than its step grants", () => {
    fc.assert(
      fc.property(anyRoute, anyShares, (route, shares) => {
        overlay(route.spec.rules ?? [], shares, SHOP).forEach((rule, i) => {
          const before = route.spec.rules?.[i]?.backendRefs ?? [];
          const after = rule.backendRefs ?? [];
          const all = pairs(before, after, shares);
          for (const { weight = 1 } of after) {
            expect(
              Number.isInteger(weight) && weight >= 0 && weight <= 1_000_000,
              `weight ${weight}`,
            ).to.equal(true);
          }
          // Exact below the API's limit; at it, whole numbers cannot say more than one in a million.
          const exact = after.every(({ weight = 1 }) => weight < 999_999);
          for (const { ref, own, canaryService, share } of all) {
            const together = weightOf(own) + (canaryService ? weightOf(canaryService) : 0n);
            const error = together * sum(before) - weightOf(ref) * sum(after);
            if (exact) expect(error, "share of the Service").to.equal(0n);
            else expect(Math.abs(Number(error)) / Number(sum(before) * sum(after) || 1n)).to.be.below(1e-5);
            if (!canaryService || !share) continue;
            const granted = BigInt(Math.round(share.weight * 100));
            const over = weightOf(canaryService) * 10_000n - granted * together;
            expect(over <= 0n, `${canaryService.weight} of ${together} at ${share.weight} %`).to.equal(true);
            if (exact) expect(over, "share of the canary Service").to.equal(0n);
          }
          if (sum(before) > 0n) expect(sum(after) > 0n, "some weight is left").to.equal(true);
        });
      }),
      runs,
    );
  });

  it("leaves the user's refs exactly as they are while no canary has a weight", () => {
    const idle = anyShares.map((shares) =>
      Object.fromEntries(Object.entries(shares).map(([uid, share]) => [uid, { ...share, weight: 0 }])),
    );
    fc.assert(
      fc.property(anyRoute, idle, (route, shares) => {
        overlay(route.spec.rules ?? [], shares, SHOP).forEach((rule, i) => {
          const before = route.spec.rules?.[i]?.backendRefs ?? [];
          const after = rule.backendRefs ?? [];
          expect(after.slice(0, before.length)).to.deep.equal(before);
          expect(
            after
              .slice(before.length)
              .every((canaryService) => canaryService.weight === 0 && canaryService.name.endsWith("-canary")),
          ).to.equal(true);
        });
      }),
      runs,
    );
  });

  it("reads a manifest that is applied again as it is, and a stored route as the user's rules", () => {
    fc.assert(
      fc.property(anyRoute, anyRoute, anyShares, (route, next, shares) => {
        const old = applied(route, shares);
        expect(readIntent(next, old)).to.deep.equal(next.spec.rules);
        expect(readIntent(old, old)).to.deep.equal(route.spec.rules);
      }),
      runs,
    );
  });

  it("can be written any number of times, and the record keeps the user's latest rules", () => {
    fc.assert(
      fc.property(anyRoute, anyRoute, anyShares, (route, next, shares) => {
        const old = applied(route, shares);
        const once = reimpose(next, old);
        expect(rulesOf(once)).to.deep.equal(next.spec.rules);
        expect(reimpose(once, old)).to.deep.equal(once);
        expect(reimpose(once, once)).to.deep.equal(once);
        expect(once.spec.rules).to.deep.equal(applied(next, shares).spec.rules);
      }),
      runs,
    );
  });
});
