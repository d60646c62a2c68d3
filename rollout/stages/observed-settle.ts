import { isNoChance } from "../judge/followed.ts";
import type { RouteShare } from "../traffic/route-record.ts";
import { exposureOfStep, type Snapshot } from "./snapshot.ts";
import { requestShareOf } from "./step-verdict.ts";

/** Canaries that wait longer (ms) for their first request wait for something else, such as a gateway that was down. */
const MOST_MS = 120_000;

/**
 * How long (ms) the gateways took at most to follow the rollout's first weight; 0: not known, or too fast to see. Chance may keep
 * the first requests of a quiet service from the canary.
 */
export function observedSettleMs(snapshot: Snapshot): number {
  const { followed } = snapshot.evidence?.judged ?? {};
  const first = snapshot.plan.steps.findIndex(({ kind }) => kind !== "pause");
  if (followed === undefined || followed.ms > MOST_MS || first < 0) return 0;
  const share = requestShareOf(exposureOfStep(snapshot, first));
  return isNoChance(followed.missed, share) ? followed.ms : 0;
}

/** The share, which Serin is about to change: from then on, the gateways are given as long as they took for the first weight. */
export function withObserved(snapshot: Snapshot, share: RouteShare): RouteShare {
  const settleMs = Math.max(share.settleMs ?? 0, observedSettleMs(snapshot));
  return settleMs > 0 ? { ...share, settleMs } : share;
}
