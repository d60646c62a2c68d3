import { reproduce } from "../gateways/metrics/reproduce.ts";
import type { Findings, JudgeInput } from "../judge/evidence.ts";
import { harmVerdict } from "../judge/harm-verdict.ts";
import { instant } from "../text/instant.ts";
import type { Decision } from "./decision.ts";
import { rollBack } from "./rollback.ts";
import type { Snapshot } from "./snapshot.ts";

/** Rolls back a canary that the evidence shows to be harmful, whatever the rollout waits for at the moment. */
export function checkHarm(snapshot: Snapshot): Decision | undefined {
  const { judgeInput, evidence } = snapshot;
  if (judgeInput === undefined || evidence === undefined) return undefined;
  const harm = harmVerdict(evidence, judgeInput);
  return harm === undefined ? undefined : rollBack(snapshot, harm, reproduction(evidence, judgeInput));
}

/** The query with which a person can count what the verdict counted. */
function reproduction({ judged }: Findings, { sources: [first] }: JudgeInput): string {
  if (judged === undefined || first === undefined || first.canary.length === 0) return "";
  const seconds = Math.ceil((judged.at - judged.from) / 1000);
  return `Query: ${reproduce(first.pack, first.canary, seconds)} at ${instant(judged.at)}`;
}
