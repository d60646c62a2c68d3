import { refusals } from "../gateways/settle.ts";
import type { Decision } from "./decision.ts";
import { detachRoutes, isolationWrites, settledAt } from "./drain.ts";
import { hadTraffic } from "./first-weight.ts";
import { rollBack } from "./rollback.ts";
import type { Snapshot } from "./snapshot.ts";
import { answering } from "./unmet.ts";

/**
 * Rolls back before the first weight if a gateway leaves out a rule, or the route, as it stands with the canary Service: until the
 * route is as it was, the stable version gets no requests by it either. A gateway that says so later has accepted the canary
 * Service before, so the cause is another one, and Serin waits for the route's owner.
 */
export function detachRefused(snapshot: Snapshot): Decision | undefined {
  if (hadTraffic(snapshot)) return undefined;
  const dropped = answering(snapshot)
    .flatMap((route) => {
      const share = snapshot.shares.get(route);
      return share === undefined ? [] : refusals(route, share);
    })
    .find(({ isDropped }) => isDropped);
  if (dropped === undefined) return undefined;
  const settled = settledAt(snapshot);
  // Until then, the gateway may still be reading the new canary Service.
  const condition = { status: "Unknown", reason: "Preparing", message: dropped.message } as const;
  if (snapshot.now < settled)
    return { writes: isolationWrites(snapshot), condition, waitMs: settled - snapshot.now };
  const { writes, ...decision } = rollBack(snapshot, dropped.message);
  // There is no traffic to drain first.
  return { ...decision, writes: [...writes, ...(detachRoutes(snapshot)?.writes ?? [])] };
}
