import type { HoldRecord } from "../workload/hold-record.ts";

/** Why the opt-in cannot be taken away now, and what has to come first. */
export function restoreOnOptOut({ phase }: HoldRecord): string {
  const undo = "undo it (kubectl rollout undo, or the stable version's manifest)";
  const first =
    phase === "canary"
      ? `promote it (annotate serin.dev/promote=<revision>) or ${undo} first`
      : `${undo} first`;
  const state = phase === "failed" ? "the failed version is held" : "a rollout is in flight";
  const wait = phase === "promoting" || phase === "undone" ? "try again when it has ended" : first;
  return `serin.dev/rollout cannot go while ${state}: ${wait}`;
}
