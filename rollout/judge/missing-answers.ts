import { type Evidence, lastingMs } from "./fold.ts";

/** ln of a million: at these odds, it is not chance that so few requests were answered. */
const FEWER = Math.log(1e6);
/** The requests of so many ticks may be counted late, or have come before the gateway followed the weight. */
const LATE_TICKS = 2;

/**
 * That fewer requests are answered in this step than before the rollout, as a sentence; `undefined` if that may be chance, or if
 * the stable version had too few before to tell. Some gateways count answers only, as Envoy does: the requests of a canary that
 * never answers are missed where the stable version has only its own share of them.
 */
export function describeMissingAnswers(evidence: Evidence): string | undefined {
  const { at, from, stepFrom, tickMs, silent, pace = 0, inStep } = evidence;
  const counted = from + Math.ceil((stepFrom - from) / tickMs) * tickMs + lastingMs(evidence);
  const expected = (pace * (at - counted - LATE_TICKS * tickMs)) / 60_000;
  const answered = inStep.canary + inStep.stable;
  // Without a request in the newest tick, the counters may stand still.
  if (silent > 0 || answered >= expected || rarity(answered, expected) < FEWER) return undefined;
  return (
    `At the rate before the rollout, at least ${Math.floor(expected)} requests would have come, so the missing ones may wait ` +
    "for a canary that does not answer"
  );
}

/** ln of the odds against so few, by Chernoff's bound, where so many are expected. */
function rarity(few: number, expected: number): number {
  return expected - few + (few === 0 ? 0 : few * Math.log(few / expected));
}
