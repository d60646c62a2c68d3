import { describeEnded } from "../judge/ended.ts";
import { describeMissingAnswers } from "../judge/missing-answers.ts";
import { bypassOf } from "./bypass.ts";
import type { Decision } from "./decision.ts";
import { detachRoutes } from "./drain.ts";
import { idleBy } from "./idle.ts";
import { rollBack } from "./rollback.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";
import { brokenStable } from "./stable-broken.ts";
import { verdictOf } from "./step-verdict.ts";

/**
 * Rolls back if requests get no answer since the weight: every second costs users. Where all requests have ended, the canary
 * Service itself may be the reason, so that the routes are restored at once. If the users have left at that moment instead, a
 * retry is all that it costs.
 */
export function checkEnded(snapshot: Snapshot): Decision | undefined {
  const { routes, judgeInput, evidence } = snapshot;
  if (routes.length === 0 || judgeInput === undefined || evidence?.judged === undefined) return undefined;
  if (evidence.unread !== undefined || replicasOf(snapshot.deployment) === 0) return undefined;
  if (brokenStable(snapshot) !== undefined || idleBy(snapshot, judgeInput.sources) !== undefined)
    return undefined;
  const ended = describeEnded(evidence.judged);
  // There is no traffic to drain first.
  if (ended !== undefined) return rollBack(snapshot, ended, "", detachRoutes(snapshot)?.writes);
  const missing = describeMissingAnswers(evidence.judged);
  if (missing === undefined) return undefined;
  const verdict = verdictOf(snapshot);
  if (verdict?.kind !== "no-route" || bypassOf(snapshot) !== undefined) return undefined;
  return rollBack(snapshot, `${verdict.message}. ${missing}`);
}
