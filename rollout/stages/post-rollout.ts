import { describeAnswer } from "../hooks/call.ts";
import type { Hook } from "../plan/hooks.ts";
import { writeEvent } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { answerTo, callTo, hooksOf, keyOf } from "./hook-calls.ts";
import { isDone, recordDone } from "./hook-record.ts";
import { recordOf, type Snapshot } from "./snapshot.ts";

/** The `post-rollout` hooks that have not been called about this rollout. */
export function pendingAfterwards(snapshot: Snapshot): readonly Hook[] {
  return recordOf(snapshot) === undefined
    ? []
    : hooksOf(snapshot, "post-rollout").filter((hook) => !isDone(snapshot, hook));
}

/** `post-rollout`: each called when all is over; whatever comes of it, it is only told. */
export function callAfterwards(snapshot: Snapshot, phase: "Succeeded" | "Failed"): Decision | undefined {
  const pending = pendingAfterwards(snapshot);
  if (pending.length === 0) return undefined;
  const answered = pending.filter((hook) => answerTo(snapshot, keyOf(hook)) !== undefined);
  if (answered.length > 0) {
    return {
      writes: [...answered.flatMap((hook) => complaint(snapshot, hook)), ...recordDone(snapshot, answered)],
    };
  }
  return { writes: [], calls: pending.map((hook) => callTo(snapshot, hook, keyOf(hook), phase)) };
}

function complaint(snapshot: Snapshot, hook: Hook) {
  const answer = answerTo(snapshot, keyOf(hook));
  if (answer?.kind === "yes") return [];
  const message = `hook ${hook.name} (post-rollout): ${describeAnswer(answer)}`;
  return [writeEvent(snapshot.deployment, "Warning", "HookFailed", message)];
}
