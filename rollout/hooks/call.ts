import type { Hook } from "../plan/hooks.ts";

/** The result of a call; `at` is its time, in ms. */
export type HookAnswer =
  | { readonly kind: "yes"; readonly at: number; readonly status: number; readonly body: string }
  /** An HTTP answer without success. */
  | { readonly kind: "no"; readonly at: number; readonly status: number; readonly body: string }
  /** No answer, or a call that Serin must not make; `reason` is a clause for people. */
  | { readonly kind: "none"; readonly at: number; readonly reason: string };

/** The known answers, by the keys of the calls. */
export type HookAnswers = ReadonlyMap<string, HookAnswer>;

/** A phase, with Flagger's name. */
export type HookPhase = "Waiting" | "Progressing" | "WaitingPromotion" | "Promoting" | "Succeeded" | "Failed";

/** The JSON body, as Flagger's webhooks send it. */
export interface HookPayload {
  /** The Deployment's. */
  readonly name: string;
  readonly namespace: string;
  readonly phase: HookPhase;
  /** pod-template-hash of the canary. */
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A call to make, as data. To make it again during the call, or after its answer, does nothing. */
export interface HookCall {
  /** The Deployment's. */
  readonly uid: string;
  readonly namespace: string;
  /** The instant at which the rollout began: answers to an earlier rollout do not count. */
  readonly rollout: string;
  /** The question. The same question has the same key. */
  readonly key: string;
  readonly hook: Hook;
  readonly payload: HookPayload;
  /** The time (ms) of the answer that was known when Serin decided on this call; absent if there was none. */
  readonly knownAt?: number;
}
const LONGEST_BODY = 200;

/** The answer as a clause: `it answered 403: not yet`. Long bodies are cut. */
export function describeAnswer(answer: HookAnswer | undefined): string {
  if (answer === undefined) return "no answer yet";
  if (answer.kind === "none") return answer.reason;
  const words = answer.body.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  const excerpt = words.length > LONGEST_BODY ? `${words.slice(0, LONGEST_BODY)}…` : words;
  const redirects = answer.status >= 300 && answer.status < 400 ? " (redirects are not followed)" : "";
  return `it answered ${answer.status}${redirects}${excerpt === "" ? "" : `: ${excerpt}`}`;
}
