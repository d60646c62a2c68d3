import { describeCheck, unmetChecks } from "../judge/checks.ts";
import type { Findings } from "../judge/evidence.ts";
import { type Progress, progressOf } from "../judge/progress.ts";
import type { Snapshot } from "../stages/snapshot.ts";
import { instant } from "../text/instant.ts";
import type { RunRecord } from "../workload/run-record.ts";
import type { EvidenceView, RolloutView } from "./view.ts";

/** Larger odds are all the same to people, and JSON has no infinity. */
const MOST_ODDS = 1_000_000;

/** The newest numbers: those that the controller has just counted, else those of the record. */
export function newestProgress({ run, evidence, judgeInput }: Snapshot): Progress | undefined {
  const judged = evidence?.judged ?? run?.evidence;
  const told = run?.progress;
  if (judged === undefined || judgeInput === undefined) return told;
  return told !== undefined && told.at >= judged.at ? told : progressOf(judged, judgeInput.terms);
}

/** The numbers for people and programs. */
export function evidenceView(progress: Progress | undefined): EvidenceView | undefined {
  if (progress === undefined) return undefined;
  const { at, harm, safe, etaMs, slow, ...counts } = progress;
  return {
    at: instant(at),
    ...counts,
    slow: slow.map(({ bound, ...of }) => ({ seconds: bound, ...of })),
    ...(harm && { harm: against(harm) }),
    ...(safe && {
      safe: { ...against(safe), ...(etaMs !== undefined && { etaSeconds: Math.ceil(etaMs / 1000) }) },
    }),
  };
}

/** The plan's checks with what was counted for them last. */
export function checksOf({ plan, run, evidence }: Snapshot): RolloutView["checks"] {
  const findings: Findings = evidence ?? { gates: {}, ...(run?.evidence && { judged: run.evidence }) };
  return plan.checks.map((check) => {
    const isTemplate = check.metric === "template";
    const isKnown = isTemplate ? findings.gates[check.text] !== undefined : findings.judged !== undefined;
    if (!isKnown) return { text: check.text, says: "nothing has been counted yet" };
    const unmet = isTemplate ? unmetChecks(findings, [], [check]) : unmetChecks(findings, [check], []);
    return { text: check.text, holds: unmet.length === 0, says: unmet[0] ?? describeCheck(findings, check) };
  });
}

/** The record's numbers. */
export function pastEvidence({ progress }: RunRecord): EvidenceView | undefined {
  return evidenceView(progress);
}

function against({ log, limit }: { readonly log: number; readonly limit: number }) {
  const odds = (nats: number) => Number(Math.min(MOST_ODDS, Math.exp(nats)).toPrecision(3));
  return { odds: odds(log), limit: odds(limit), nats: log, limitNats: limit };
}
