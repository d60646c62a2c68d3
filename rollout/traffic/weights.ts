import type { BackendRef } from "../../kube/core/routes.ts";
import { flightFor, type HeldRoute } from "./route-record.ts";
import { withCookie } from "./sticky.ts";

/** The Gateway API's limit on a weight. */
const WEIGHT_LIMIT = 1_000_000;

/**
 * A rule's backends with every flight's twins: each weight is multiplied, ours are split between Service and twin, so that
 * all other shares stay what they were. Twins come after the user's backends, because proxies name their series by a
 * backend's index.
 */
export function overlayBackends(
  refs: readonly BackendRef[],
  flights: HeldRoute["flights"],
  home: string,
): BackendRef[] {
  const scale = Math.max(...Object.values(flights).map((flight) => scaleOf(flight.weight)));
  const raised = Object.values(flights).some((flight) => flight.weight > 0);
  const own = refs.map((ref) => {
    const flight = flightFor(ref, flights, home);
    const kept = flight?.sticky === undefined ? ref : withCookie(ref, flight.sticky, "stable");
    // While nobody gets anything, the user's own refs stay to the letter.
    return raised ? share(kept, 100 * scale - percent(flight?.weight ?? 0, scale)) : kept;
  });
  const twins = Object.values(flights).flatMap((flight) =>
    refs
      .filter((ref) => flightFor(ref, flights, home) === flight)
      .map((ref) => {
        const twin = { ...ref, name: flight.twins[ref.name] ?? ref.name };
        const kept = flight.sticky === undefined ? twin : withCookie(twin, flight.sticky, "canary");
        return share(kept, percent(flight.weight, scale));
      }),
  );
  return raised ? reduce(own, twins) : [...own, ...twins];
}

/** Percents have at most two decimals: the smallest factor that makes each of them whole. */
function scaleOf(weight: number): number {
  return [1, 10].find((factor) => percent(weight, factor) * 100 === percent(weight, 100) * factor) ?? 100;
}

/** Whole numbers: binary fractions of percents (33.33 × 100) must not make weights fractional. */
function percent(weight: number, scale: number): number {
  return Math.round(weight * scale);
}

function share(ref: BackendRef, parts: number): BackendRef {
  return { ...ref, weight: (ref.weight ?? 1) * parts };
}

/**
 * The same shares in the smallest whole numbers; proxies that count requests out come to a canary's turn sooner. Where the
 * API's limit makes them inexact, twins are rounded down and all others up: a canary never gets more than was granted.
 */
function reduce(own: BackendRef[], twins: BackendRef[]): BackendRef[] {
  const weights = [...own, ...twins].map((ref) => ref.weight ?? 1);
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const excess = Math.max(divisor, Math.max(...weights) / WEIGHT_LIMIT);
  const fit = (ref: BackendRef, whole: (weight: number) => number) => {
    return { ...ref, weight: Math.min(WEIGHT_LIMIT, whole((ref.weight ?? 1) / excess)) };
  };
  return [...own.map((ref) => fit(ref, Math.ceil)), ...twins.map((ref) => fit(ref, Math.floor))];
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
