import type { Write } from "../../kube/core/writes.ts";
import { type Snapshot, stepIndex } from "../stages/snapshot.ts";
import { lastRunOf, type RunRecord } from "../workload/run-record.ts";
import { writeRunRecord } from "../workload/writes.ts";

/** Whether the record says that the receiver has heard of the moment, or never will. */
export function isTold(run: RunRecord | undefined, key: string, receiver: string): boolean {
  return run?.told?.[key]?.includes(receiver) === true;
}

/** What was told of one rollout: the moments' keys → the receivers. */
export type Told = ReadonlyMap<string, readonly string[]>;

/** Records what was told of each rollout, by the rollout's name. Nothing if the records say so already. */
export function recordTold(snapshot: Snapshot, toldOf: (started: string) => Told): readonly Write[] {
  const { uid, replicaSets, held } = snapshot;
  return replicaSets.flatMap((set) => {
    const run = lastRunOf(set);
    if (run === undefined) return [];
    const news = [...toldOf(run.started)].filter(([key, names]) =>
      names.some((name) => !isTold(run, key, name)),
    );
    if (news.length === 0) return [];
    const step = run.started === held.started ? stepIndex(snapshot) + 1 : undefined;
    const told = Object.fromEntries([
      ...Object.entries(run.told ?? {}).filter(([key]) => isAbout(key, step)),
      ...news.map(([key, names]) => [key, [...new Set([...(run.told?.[key] ?? []), ...names])]]),
    ]);
    return [writeRunRecord(set, uid, { ...run, told })];
  });
}

/** Whether a key still matters: a step that is over is never told again, and the record stays short. */
function isAbout(key: string, step: number | undefined): boolean {
  const [, about] = key.split("/");
  return about === undefined || step === undefined || Number(about) === step;
}
