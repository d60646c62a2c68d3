import { describeAnswer } from "../hooks/call.ts";
import type { Hook } from "../plan/hooks.ts";
import { writeEvent } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { answerTo, callTo, hookKeyOf, hooksOf } from "./hook-calls.ts";
import { isDone, recordDone } from "./hook-record.ts";
import type { Snapshot } from "./snapshot.ts";

/** The `post-rollout` hooks that have not been called about this rollout. */
export function pendingAfterwards(snapshot: Snapshot): readonly Hook[] {
  return snapshot.run === undefined
    ? []
    : hooksOf(snapshot, "post-rollout").filter((hook) => !isDone(snapshot, hook));
}

/** `post-rollout`: called once each after the end; Serin only reports a failure. */
export function callAfterwards(snapshot: Snapshot, phase: "Succeeded" | "Failed"): Decision | undefined {
  const pending = pendingAfterwards(snapshot);
  if (pending.length === 0) return undefined;
  const answered = pending.filter((hook) => answerTo(snapshot, hookKeyOf(hook)) !== undefined);
  if (answered.length > 0) {
    return {
      writes: [...answered.flatMap((hook) => complaint(snapshot, hook)), ...recordDone(snapshot, answered)],
    };
  }
  return { writes: [], calls: pending.map((hook) => callTo(snapshot, hook, hookKeyOf(hook), phase)) };
}

function complaint(snapshot: Snapshot, hook: Hook) {
  const answer = answerTo(snapshot, hookKeyOf(hook));
  if (answer?.kind === "yes") return [];
  const message = `hook ${hook.name} (post-rollout): ${describeAnswer(answer)}`;
  return [writeEvent(snapshot.deployment, "Warning", "HookFailed", message)];
}
