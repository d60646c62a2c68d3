import type { Write } from "../../kube/core/writes.ts";
import type { HookAnswer, HookCall, HookPhase } from "../hooks/call.ts";
import type { Hook, HookType } from "../plan/hooks.ts";
import type { Snapshot } from "./snapshot.ts";

/** How often Serin calls a gate, or a hook that did not answer, in ms. */
export const ASK_MS = 10_000;

/** The plan's hooks of one type, in their order. */
export function hooksOf({ plan }: Pick<Snapshot, "plan">, type: HookType): readonly Hook[] {
  return plan.hooks.filter((hook) => hook.type === type);
}

/** The key of one question to a hook; `about` distinguishes questions to the same hook. */
export function hookKeyOf({ type, name }: Hook, about: number | "" = ""): string {
  return `${type}/${about}/${name}`;
}

/** The last answer to a question, if there is one. */
export function answerTo(snapshot: Snapshot, key: string): HookAnswer | undefined {
  return snapshot.hooks?.get(key);
}

/** When a question is due (ms from now; 0 or less: now), if it is repeated `everyMs` after an answer. */
export function dueIn(snapshot: Snapshot, key: string, everyMs = ASK_MS): number {
  const answer = answerTo(snapshot, key);
  return answer === undefined ? 0 : answer.at + everyMs - snapshot.now;
}

/** A call to a hook. */
export function callTo(snapshot: Snapshot, hook: Hook, key: string, phase: HookPhase): HookCall {
  const { name, namespace = "" } = snapshot.deployment.metadata;
  const { metadata } = hook;
  const knownAt = answerTo(snapshot, key)?.at;
  return {
    uid: snapshot.uid,
    namespace,
    rollout: snapshot.held.started,
    key,
    hook,
    payload: { name, namespace, phase, checksum: snapshot.canaryHash, metadata },
    ...(knownAt !== undefined && { knownAt }),
  };
}

/** Every recorded Event for every hook of the type `event`; Serin's keys of the metadata win. */
export function eventCalls(snapshot: Snapshot, writes: readonly Write[]): readonly HookCall[] {
  const hooks = hooksOf(snapshot, "event");
  if (hooks.length === 0) return [];
  return writes.flatMap((write) => {
    if (write.verb !== "event") return [];
    const said = { eventMessage: write.message, eventType: write.type, timestamp: String(snapshot.now) };
    return hooks.map((hook) =>
      callTo(
        snapshot,
        { ...hook, metadata: { ...hook.metadata, ...said } },
        hookKeyOf(hook),
        phaseAt(write.reason),
      ),
    );
  });
}

function phaseAt(reason: string): HookPhase {
  if (["RolledBack", "Undone", "Superseded"].includes(reason)) return "Failed";
  if (reason === "Promoted") return "Succeeded";
  return reason === "CanaryProven" ? "Promoting" : "Progressing";
}
