import { type Evidence, fold, noEvidence } from "../../../../rollout/judge/fold.ts";
import type { Decision } from "../../../../rollout/stages/decision.ts";
import type { Snapshot } from "../../../../rollout/stages/snapshot.ts";
import { type RunRecord, runRecordOf } from "../../../../rollout/workload/run-record.ts";
import { AT_NOON, NOON } from "../../../support/builders.ts";
import { type Did, happened } from "./criteria.ts";

/** In ms. */
export const MINUTE = 60_000;

/** The same in every tick, or a function of the tick's number. */
export type Doing = Did | ((tick: number) => Did);
const at = (doing: Doing, tick: number) => (typeof doing === "function" ? doing(tick) : doing);

/** The evidence since noon, in ticks of 10 s, on a rollout that is reconciled so many minutes later. */
export function after(minutes: number, snapshot: Snapshot, canary: Doing, stable: Doing): Evidence {
  const terms = snapshot.judgeInput?.terms;
  if (terms === undefined) throw new Error("nothing to judge");
  let judged = noEvidence({ since: NOON, from: NOON, tickMs: 10_000, phi: 1, bounds: [] });
  while (judged.at < NOON + minutes * MINUTE) {
    const tick = (judged.at - NOON) / 10_000;
    judged = fold(judged, happened(judged.at + 10_000, at(canary, tick), at(stable, tick)), terms);
  }
  return judged;
}

/** The record that a decision writes, if it does. */
export function recorded({ writes }: Decision): RunRecord | undefined {
  const marks = writes.flatMap((write) => {
    const annotations = "body" in write ? JSON.stringify(write.body) : "";
    return write.verb === "merge" && write.kind === "replicasets" ? [annotations] : [];
  });
  const [text] = marks;
  if (text === undefined) return undefined;
  const { metadata } = JSON.parse(text) as { metadata: { annotations: Record<string, string> } };
  return runRecordOf({ metadata: { name: "", ...metadata }, spec: {} } as never, AT_NOON);
}
