import type { Criteria } from "../../../../rollout/judge/criteria.ts";
import type { Findings, TemplateCheckState } from "../../../../rollout/judge/evidence.ts";
import type { Evidence } from "../../../../rollout/judge/fold.ts";
import { harmVerdict } from "../../../../rollout/judge/harm-verdict.ts";
import { foldTemplateTest } from "../../../../rollout/judge/template-check.ts";
import { judge, type Verdict, type VerdictContext } from "../../../../rollout/judge/verdict.ts";
import { aTerms, SINCE } from "./criteria.ts";

/** A limit on a metric template. */
export const queue = { metric: "template", name: "queue", op: "<=", limit: 5, text: "queue <= 5" } as const;

/** The verdict at 10 % of the traffic, by the default criteria, or the message of harm. */
export function verdict(
  evidence: Partial<Findings>,
  circumstances: Partial<VerdictContext> = {},
): Verdict | { readonly kind: "harm"; readonly message: string } {
  const now = evidence.judged?.at ?? SINCE;
  const given = { now, terms: aTerms(), templates: [], share: 0.1, ...circumstances };
  const findings = { gates: {}, ...evidence };
  const harm = harmVerdict(findings, given);
  return harm === undefined ? judge(findings, given) : { kind: "harm", message: harm };
}

/** The verdict on ticks that were folded by the same criteria. */
export const on = (judged: Evidence, terms: Criteria = aTerms()) => verdict({ judged }, { terms });

/** A template check after these readings, 15 s apart; `undefined` is a reading without a number. */
export function gateOf(...values: readonly (number | undefined)[]): TemplateCheckState {
  let gate: TemplateCheckState | undefined;
  values.forEach((value, i) => {
    const reading =
      value === undefined
        ? ({ kind: "none", reason: "the query yields no value" } as const)
        : ({ kind: "value", value } as const);
    const at = SINCE + 15_000 * i;
    gate = { ...foldTemplateTest(gate, queue, reading, at), intervalMs: 60_000, at };
  });
  return gate as TemplateCheckState;
}
