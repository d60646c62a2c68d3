import type { Write } from "../../kube/core/writes.ts";
import type { HookAnswer, HookCall, HookPhase } from "../hooks/call.ts";
import type { Hook, HookType } from "../plan/hooks.ts";
import { canaryHash, type Seen, uidOf } from "./snapshot.ts";

/** Gates are asked so often, and who did not answer, in ms. */
export const ASK_MS = 10_000;

/** The plan's hooks of one type, in their order. */
export function hooksOf({ plan }: Pick<Seen, "plan">, type: HookType): readonly Hook[] {
  return plan.hooks.filter((hook) => hook.type === type);
}

/** One question to a hook; `about` tells it from others to the same. */
export function keyOf({ type, name }: Hook, about: number | "" = ""): string {
  return `${type}/${about}/${name}`;
}

/** What is known of an answer. */
export function answerTo(seen: Seen, key: string): HookAnswer | undefined {
  return seen.hooks?.get(key);
}

/** When a question is due (ms from now; 0 and less: now), if it is asked again so long after an answer. */
export function dueIn(seen: Seen, key: string, everyMs = ASK_MS): number {
  const answer = answerTo(seen, key);
  return answer === undefined ? 0 : answer.at + everyMs - seen.now;
}

/** A call to a hook. */
export function callTo(seen: Seen, hook: Hook, key: string, phase: HookPhase): HookCall {
  const { name, namespace = "" } = seen.deployment.metadata;
  const { metadata } = hook;
  const knownAt = answerTo(seen, key)?.at;
  return {
    uid: uidOf(seen),
    namespace,
    rollout: seen.held.started,
    key,
    hook,
    payload: { name, namespace, phase, checksum: canaryHash(seen), metadata },
    ...(knownAt !== undefined && { knownAt }),
  };
}

/** Every recorded Event for every hook of the type `event`; Serin's keys of the metadata win. */
export function eventCalls(seen: Seen, writes: readonly Write[]): readonly HookCall[] {
  const hooks = hooksOf(seen, "event");
  if (hooks.length === 0) return [];
  return writes.flatMap((write) => {
    if (write.verb !== "event") return [];
    const said = { eventMessage: write.message, eventType: write.type, timestamp: String(seen.now) };
    return hooks.map((hook) =>
      callTo(seen, { ...hook, metadata: { ...hook.metadata, ...said } }, keyOf(hook), phaseAt(write.reason)),
    );
  });
}

function phaseAt(reason: string): HookPhase {
  if (reason === "RolledBack" || reason === "Undone") return "Failed";
  if (reason === "Promoted") return "Succeeded";
  return reason === "CanaryProven" ? "Promoting" : "Progressing";
}
