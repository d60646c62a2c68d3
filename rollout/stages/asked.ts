import { askedBy } from "../workload/requests.ts";
import type { RunRecord } from "../workload/run-record.ts";
import { writePaused } from "../workload/writes.ts";
import { prove, provenBy } from "./advance.ts";
import { lastWeight } from "./course.ts";
import type { Decision } from "./decision.ts";
import { hadTraffic } from "./first-weight.ts";
import { rollBack } from "./rollback.ts";
import { earlierOf, emptyEarlier } from "./scale.ts";
import type { Snapshot } from "./snapshot.ts";

/** Carries out `serin.dev/abort`. */
export function abort(snapshot: Snapshot): Decision | undefined {
  return snapshot.held.asked === "abort"
    ? rollBack(snapshot, `aborted on request${askedBy(snapshot.held, "abort")}`)
    : undefined;
}

/**
 * Carries out `serin.dev/promote` at once, whatever the canary waits for: native control waits for its pods itself, and keeps
 * as many of the stable ones as the user's strategy says. The plan's pause ends with the order.
 */
export function promoteNow(snapshot: Snapshot): Decision | undefined {
  const { held, deployment } = snapshot;
  if (held.asked !== "promote") return undefined;
  const left = emptyEarlier(snapshot);
  if (left !== undefined) return left;
  // The restored Services would lead to pods that are still there.
  if (earlierOf(snapshot).some(({ status }) => (status?.replicas ?? 0) > 0)) return { writes: [] };
  const run = snapshot.run as RunRecord;
  const by = askedBy(held, "promote");
  const message =
    hadTraffic(snapshot) || lastWeight(snapshot) !== undefined
      ? provenBy(snapshot, `promoted on request${by}`)
      : `promoted on request before it had any traffic${by}`;
  const { writes } = prove(snapshot, message);
  return {
    writes: run.paused ? [writePaused(deployment, held.originals.paused ?? false), ...writes] : writes,
  };
}
