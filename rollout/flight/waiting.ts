import { isInconclusive } from "../stages/advance.ts";
import type { Snapshot } from "../stages/snapshot.ts";
import { verdictOf } from "../stages/step-verdict.ts";

/**
 * Whom or what a rollout waits for:
 * - `person`: a pause, a hook that says no, or a decision that the evidence does not make;
 * - `hook`: a hook that gives no answer;
 * - `traffic`: requests to the canary;
 * - `metrics`: counters that can be read;
 * - `pods`: pods, endpoints and gateways;
 * - `api`: a write that the API server refuses.
 */
export type Waiting = "person" | "hook" | "traffic" | "metrics" | "pods" | "api";

/** What a rollout that prepares or holds waits for; `undefined` if only time or evidence is missing. */
export function waitingOf(snapshot: Snapshot): Waiting | undefined {
  const { deployment, held, run, hooks, judgeInput } = snapshot;
  if (deployment.spec.paused && held.latched !== true) return "person";
  if (run?.refusedSince !== undefined) return "api";
  const answers = [...(hooks?.values() ?? [])].map(({ kind }) => kind);
  if (run?.unansweredSince !== undefined || answers.includes("none")) return "hook";
  if (answers.includes("no")) return "person";
  if (run?.unroutedSince !== undefined) return "traffic";
  const verdict = verdictOf(snapshot);
  if (judgeInput === undefined || verdict === undefined) return "pods";
  switch (verdict.kind) {
    case "unread":
      return "metrics";
    case "no-route":
    case "bypassed":
    case "silent":
      return "traffic";
    case "safe":
    case "weakly-safe":
    case "open":
      return isInconclusive(snapshot, judgeInput.terms) ? "person" : undefined;
    default:
      return verdict.kind satisfies never;
  }
}
