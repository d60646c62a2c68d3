import { describeAnswer } from "../hooks/call.ts";
import type { Hook } from "../plan/hooks.ts";
import { writeEvent } from "../workload/writes.ts";
import type { Decision } from "./decision.ts";
import { answerTo, callTo, hooksOf, keyOf } from "./hook-calls.ts";
import { isDone, recordDone } from "./hook-record.ts";
import { recordOf, type Seen } from "./snapshot.ts";

/** The `post-rollout` hooks that have not been called about this rollout. */
export function pendingAfterwards(seen: Seen): readonly Hook[] {
  return recordOf(seen) === undefined
    ? []
    : hooksOf(seen, "post-rollout").filter((hook) => !isDone(seen, hook));
}

/** `post-rollout`: each called when all is over; whatever comes of it, it is only told. */
export function callAfterwards(seen: Seen, phase: "Succeeded" | "Failed"): Decision | undefined {
  const pending = pendingAfterwards(seen);
  if (pending.length === 0) return undefined;
  const answered = pending.filter((hook) => answerTo(seen, keyOf(hook)) !== undefined);
  if (answered.length > 0) {
    return { writes: [...answered.flatMap((hook) => complaint(seen, hook)), ...recordDone(seen, answered)] };
  }
  return { writes: [], calls: pending.map((hook) => callTo(seen, hook, keyOf(hook), phase)) };
}

function complaint(seen: Seen, hook: Hook) {
  const answer = answerTo(seen, keyOf(hook));
  if (answer?.kind === "yes") return [];
  const message = `hook ${hook.name} (post-rollout): ${describeAnswer(answer)}`;
  return [writeEvent(seen.deployment, "Warning", "HookFailed", message)];
}
