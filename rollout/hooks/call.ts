import type { Hook } from "../plan/hooks.ts";

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
const LONGEST_BODY = 200;

/** The answer in words, to be read after "waiting for hook x:". */
export function describeAnswer(answer: HookAnswer | undefined): string {
  if (answer === undefined) return "no answer yet";
  if (answer.kind === "none") return answer.reason;
  const words = answer.body.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  const told = words.length > LONGEST_BODY ? `${words.slice(0, LONGEST_BODY)}…` : words;
  const redirects = answer.status >= 300 && answer.status < 400 ? " (redirects are not followed)" : "";
  return `it answered ${answer.status}${redirects}${told === "" ? "" : `: ${told}`}`;
}
