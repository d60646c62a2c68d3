import type { BackendRef } from "../../kube/core/routes.ts";
import { type RouteRecord, shareFor } from "./route-record.ts";
import { withCookie } from "./sticky.ts";

/** The Gateway API's limit on a weight. */
const WEIGHT_LIMIT = 1_000_000;

/**
 * A rule's backends with the canary Services of every rollout. Each weight is multiplied, and a Service's weight is split
 * between it and its canary Service, so that all other shares stay the same. Canary Services come after the user's backends,
 * because proxies name their series by a backend's index.
 */
export function overlayBackends(
  refs: readonly BackendRef[],
  shares: RouteRecord["shares"],
  home: string,
): BackendRef[] {
  const scale = Math.max(...Object.values(shares).map((share) => scaleOf(share.weight)));
  const raised = Object.values(shares).some((share) => share.weight > 0);
  const own = refs.map((ref) => {
    const share = shareFor(ref, shares, home);
    const kept = share?.sticky === undefined ? ref : withCookie(ref, share.sticky, "stable");
    // While no canary has a weight, the user's own refs stay exactly as they are.
    return raised ? multiplied(kept, 100 * scale - percent(share?.weight ?? 0, scale)) : kept;
  });
  const canaryServices = Object.values(shares).flatMap((share) =>
    refs
      .filter((ref) => shareFor(ref, shares, home) === share)
      .map((ref) => {
        const canaryService = { ...ref, name: share.canaryServices[ref.name] ?? ref.name };
        const kept =
          share.sticky === undefined ? canaryService : withCookie(canaryService, share.sticky, "canary");
        return multiplied(kept, percent(share.weight, scale));
      }),
  );
  return raised ? reduce(own, canaryServices) : [...own, ...canaryServices];
}

/** The smallest factor that makes a percentage whole. Percentages have at most two decimals. */
function scaleOf(weight: number): number {
  return [1, 10].find((factor) => percent(weight, factor) * 100 === percent(weight, 100) * factor) ?? 100;
}

/** Rounded, because binary fractions of percentages (33.33 × 100) must not make weights fractional. */
function percent(weight: number, scale: number): number {
  return Math.round(weight * scale);
}

function multiplied(ref: BackendRef, parts: number): BackendRef {
  return { ...ref, weight: (ref.weight ?? 1) * parts };
}

/**
 * The same shares in the smallest whole numbers, so that proxies which deal out requests by count reach the canary sooner. If
 * the API's limit makes the shares inexact, canary Services are rounded down and all others up: a canary never gets more than
 * its step allows.
 */
function reduce(own: BackendRef[], canaryServices: BackendRef[]): BackendRef[] {
  const weights = [...own, ...canaryServices].map((ref) => ref.weight ?? 1);
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const excess = Math.max(divisor, Math.max(...weights) / WEIGHT_LIMIT);
  const fit = (ref: BackendRef, whole: (weight: number) => number) => {
    return { ...ref, weight: Math.min(WEIGHT_LIMIT, whole((ref.weight ?? 1) / excess)) };
  };
  return [...own.map((ref) => fit(ref, Math.ceil)), ...canaryServices.map((ref) => fit(ref, Math.floor))];
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
