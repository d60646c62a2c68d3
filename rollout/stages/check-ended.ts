import { describeEnded } from "../judge/ended.ts";
import type { Decision } from "./decision.ts";
import { detachRoutes } from "./drain.ts";
import { rollBack } from "./rollback.ts";
import { replicasOf, type Snapshot } from "./snapshot.ts";
import { brokenStable } from "./stable-broken.ts";

/**
 * Rolls back and restores the routes if the canary Service may have ended all requests: every second costs the stable version's
 * users. If the users have left at that moment instead, a retry is all that it costs.
 */
export function checkEnded(snapshot: Snapshot): Decision | undefined {
  const { routes, judgeInput, evidence } = snapshot;
  if (routes.length === 0 || judgeInput === undefined || evidence?.judged === undefined) return undefined;
  if (evidence.unread !== undefined || replicasOf(snapshot.deployment) === 0) return undefined;
  if (brokenStable(snapshot) !== undefined) return undefined;
  const ended = describeEnded(evidence.judged);
  if (ended === undefined) return undefined;
  // There is no traffic to drain first.
  return rollBack(snapshot, ended, "", detachRoutes(snapshot)?.writes);
}
