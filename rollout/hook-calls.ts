import type { Hook, HookType } from "./hooks.ts";
import { canaryHash, type Seen, uidOf } from "./seen.ts";
import type { Write } from "./write.ts";

/** What came of a call; `at` is when, in ms. */
export type HookAnswer =
  | { readonly kind: "yes"; readonly at: number; readonly status: number; readonly body: string }
  /** An HTTP answer that is no success. */
  | { readonly kind: "no"; readonly at: number; readonly status: number; readonly body: string }
  /** None, or the call must not be made; `reason` is a sentence for people. */
  | { readonly kind: "none"; readonly at: number; readonly reason: string };

/** The answers that are known, by the calls' keys. */
export type HookAnswers = ReadonlyMap<string, HookAnswer>;

/** A phase in Flagger's words. */
export type HookPhase = "Waiting" | "Progressing" | "WaitingPromotion" | "Promoting" | "Succeeded" | "Failed";

/** The JSON body: that of Flagger's webhooks. */
export interface HookPayload {
  /** The Deployment's. */
  readonly name: string;
  readonly namespace: string;
  readonly phase: HookPhase;
  /** pod-template-hash of the canary. */
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A call that should be made, as data. Making it again while it is under way, or once its answer is there, does nothing. */
export interface HookCall {
  /** The Deployment's. */
  readonly uid: string;
  readonly namespace: string;
  /** The rollout, by the instant of its begin: answers to an earlier one say nothing about it. */
  readonly rollout: string;
  /** What is asked; the same question has the same key. */
  readonly key: string;
  readonly hook: Hook;
  readonly payload: HookPayload;
  /** When the answer came (ms) that was known when this was decided on; absent: none was. */
  readonly knownAt?: number;
}

/** Gates are asked so often, and who did not answer, in ms. */
export const ASK_MS = 10_000;
const LONGEST_BODY = 200;

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

/** The answer in words, to be read after "waiting for hook x:". */
export function describeAnswer(answer: HookAnswer | undefined): string {
  if (answer === undefined) return "no answer yet";
  if (answer.kind === "none") return answer.reason;
  const words = answer.body.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  const told = words.length > LONGEST_BODY ? `${words.slice(0, LONGEST_BODY)}…` : words;
  const redirects = answer.status >= 300 && answer.status < 400 ? " (redirects are not followed)" : "";
  return `it answered ${answer.status}${redirects}${told === "" ? "" : `: ${told}`}`;
}

function phaseAt(reason: string): HookPhase {
  if (reason === "RolledBack" || reason === "Undone") return "Failed";
  if (reason === "Promoted") return "Succeeded";
  return reason === "CanaryProven" ? "Promoting" : "Progressing";
}
