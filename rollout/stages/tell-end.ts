import type { Decision } from "./decision.ts";
import type { Snapshot } from "./snapshot.ts";

/** Waits, with the records still in place, until the receivers that asked for it have heard of the end. */
export function tellEnd(snapshot: Snapshot, says: string): Decision | undefined {
  return snapshot.tellsEnd ? { writes: [], ends: says } : undefined;
}
