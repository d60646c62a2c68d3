import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";
import { afterPause } from "./step-condition.ts";

/**
 * Waits for the user's resume where the canary has fewer pods than its step needs. Serin adds none while the Deployment is
 * paused, because native control would scale both versions, and a pause may last as long as it likes.
 */
export function awaitResize(snapshot: Snapshot, wanted: number): Decision | undefined {
  const present = snapshot.canary?.spec.replicas ?? 0;
  if (!snapshot.deployment.spec.paused || present >= wanted) return undefined;
  const message = `paused with ${present} of ${wanted} canary pods: ${afterPause(snapshot)}`;
  return { writes: [], condition: { status: "Unknown", reason: "Preparing", message } };
}
