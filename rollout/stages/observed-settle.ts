import { settleMs } from "../gateways/settle.ts";
import { isNoChance } from "../judge/followed.ts";
import { isExposed } from "../traffic/exposure.ts";
import type { RouteShare } from "../traffic/route-record.ts";
import { writeRoute } from "../traffic/writes.ts";
import { type Decision, unlessDone } from "./decision.ts";
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

/**
 * Writes it into the routes where Serin would not wait as long: for an undo before the next weight, admission drains the canary
 * by what the routes say. The instant of the weight stays, because the judge counts from it.
 */
export function recordObserved(snapshot: Snapshot): Decision | undefined {
  const observed = observedSettleMs(snapshot);
  const slow = [...snapshot.shares].filter(
    ([route, share]) => isExposed(share) && observed > settleMs(route),
  );
  return unlessDone(
    slow.map(([route, share]) => writeRoute(route, snapshot.uid, withObserved(snapshot, share))),
  );
}

/** The share, which Serin is about to change: from then on, the gateways are given as long as they took for the first weight. */
export function withObserved(snapshot: Snapshot, share: RouteShare): RouteShare {
  const settleMs = Math.max(share.settleMs ?? 0, observedSettleMs(snapshot));
  return settleMs > 0 ? { ...share, settleMs } : share;
}
