import { controllerOf } from "../../kube/core/meta.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { annotations } from "../plan/annotations.ts";
import { revisionOf } from "../workload/revision.ts";
import { lastRunOf } from "../workload/run-record.ts";
import { pastEvidence } from "./evidence-view.ts";
import { named } from "./parts.ts";
import type { HistoryView, PastRollout } from "./view.ts";

/** The revisions that native control keeps, the newest first, each with the record of its last rollout. */
export function historyOf({ metadata }: Deployment, replicaSets: readonly ReplicaSet[]): HistoryView {
  const { namespace = "", name, uid } = metadata;
  const own = replicaSets.filter((set) => controllerOf(set) === uid);
  const number = (set: ReplicaSet) => Number(revisionOf(set) ?? 0);
  return {
    apiVersion: "serin.dev/v1",
    kind: "RolloutHistory",
    metadata: { namespace, name, ...(uid !== undefined && { uid }) },
    revisions: own.toSorted((a, b) => number(b) - number(a)).map(pastOf),
  };
}

/** The record that one ReplicaSet keeps. */
export function pastOf(set: ReplicaSet): PastRollout {
  const run = lastRunOf(set);
  const revision = revisionOf(set);
  const { name, creationTimestamp } = set.metadata;
  const version = {
    ...(revision !== undefined && { revision }),
    replicaSet: name,
    images: [...named(set.spec.template).values()],
  };
  if (run === undefined)
    return { ...version, outcome: "native", ...(creationTimestamp && { started: creationTimestamp }) };
  const { outcome, started, ended, course, requests, message } = run;
  // Native control copies the Deployment's annotations onto the version that it starts.
  const strategy = set.metadata.annotations?.[annotations.strategy.key];
  const evidence = pastEvidence(run);
  const weight = course?.at(-1)?.weight;
  return {
    ...version,
    ...(strategy !== undefined && { strategy }),
    outcome,
    started,
    ...(ended !== undefined && { ended }),
    ...(weight !== undefined && { weight }),
    ...(course && { course: course.map((one) => ({ ...one, step: one.step + 1 })) }),
    ...(evidence && { evidence }),
    ...(requests && { requests: [...requests] }),
    says: message,
  };
}
