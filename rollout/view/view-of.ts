import { controllerOf } from "../../kube/core/meta.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Findings } from "../judge/evidence.ts";
import { FLIGHT } from "../keys.ts";
import { failureMessage } from "../stages/failure.ts";
import { type Snapshot, stepIndex } from "../stages/snapshot.ts";
import { type RawSnapshot, snapshotOf } from "../stages/snapshot-of.ts";
import { isPaused } from "../stages/wait.ts";
import { instant } from "../text/instant.ts";
import { planOf } from "../workload/plan-of.ts";
import { revisionInFlight } from "../workload/revision.ts";
import { isUnended, lastRunOf } from "../workload/run-record.ts";
import { findByTemplate } from "../workload/template.ts";
import { checksOf, evidenceView, newestProgress, pastEvidence } from "./evidence-view.ts";
import {
  imagesOf,
  podsView,
  routesView,
  servicesView,
  stepsView,
  trafficOf,
  trafficSince,
  versionView,
} from "./parts.ts";
import { conditionOfRun, stateOf, waitsOf } from "./state.ts";
import type { RolloutView } from "./view.ts";

/** The description of a Deployment's rollout, or at rest of its last one. Objects of other Deployments are ignored. */
export function viewOf(raw: RawSnapshot, evidence?: Findings): RolloutView {
  const snapshot = snapshotOf(raw);
  return snapshot === undefined ? atRest(raw) : inFlight(evidence ? { ...snapshot, evidence } : snapshot);
}

/** The description of a rollout in flight. */
export function inFlight(snapshot: Snapshot): RolloutView {
  const { deployment, held, run, canary, judged, stable, plan } = snapshot;
  const shown = judged ?? (canary === stable ? undefined : canary);
  const state = stateOf(snapshot);
  const condition = conditionOfRun(snapshot);
  const told = condition?.message;
  // The verdict is recorded first, and the condition follows when the canary has lost its weight. A later loss of the stable
  // version takes away the ways out that the verdict names.
  const isVerdict = state === "rolled-back" && condition?.reason !== "StableLost";
  const verdict = isVerdict && run?.outcome === "failed" ? failureMessage(snapshot) : undefined;
  const says = verdict ?? told ?? run?.message;
  const waits = waitsOf(snapshot);
  const evidence = evidenceView(newestProgress(snapshot));
  const since = trafficSince(snapshot);
  const versions = { canary: versionView(shown), stable: versionView(stable) };
  return {
    ...identity(snapshot),
    strategy: plan.strategy,
    state,
    ...(says !== undefined && { says }),
    ...(waits && { waits }),
    ...(isPaused(snapshot) && { paused: true }),
    revision: revisionInFlight(deployment, canary),
    versions: defined(versions),
    images: imagesOf(stable?.spec.template, shown?.spec.template ?? deployment.spec.template),
    steps: stepsView(plan),
    ...(run && { step: stepIndex(snapshot) + 1 }),
    ...(since !== undefined && { since }),
    traffic: trafficOf(snapshot, ["progressing", "holding", "waiting"].includes(state)),
    ...(evidence && { evidence }),
    checks: checksOf(snapshot),
    pods: podsView(snapshot),
    services: servicesView(snapshot),
    routes: routesView(snapshot),
    requests: [...(held.requests ?? [])],
    started: held.started,
    ...(run?.ended !== undefined && { ended: run.ended }),
    ...(run?.outcome === "failed" && { outcome: "failed" as const }),
    course: courseView(run?.course),
  };
}

/** At rest, the record of the rollout that ended last tells how the present template came to serve. */
function atRest(raw: RawSnapshot): RolloutView {
  const { deployment } = raw;
  const plan = planOf(deployment);
  const own = raw.replicaSets.filter((set) => controllerOf(set) === deployment.metadata.uid);
  const present = findByTemplate(own, deployment.spec.template);
  const ending = own.find((set) => isEnding(set, deployment));
  const last = ending ?? lastEnded(own);
  const run = last && lastRunOf(last);
  const evidence = run && pastEvidence(run);
  const outcome = run?.outcome === "running" || run?.outcome === "proven" ? undefined : run?.outcome;
  return {
    ...identity(raw),
    strategy: plan.strategy,
    state: ending === undefined ? "rest" : run?.outcome === "proven" ? "promoting" : "undone",
    ...(run && { says: run.message }),
    revision: revisionInFlight(deployment, present),
    versions: defined({ canary: undefined, stable: versionView(present) }),
    images: imagesOf(deployment.spec.template, undefined),
    steps: stepsView(plan),
    traffic: { canary: 0, stable: 100 },
    ...(evidence && { evidence }),
    checks: [],
    pods: [],
    services: [],
    routes: [],
    requests: [...(run?.requests ?? [])],
    ...(run && { started: run.started }),
    ...(run?.ended !== undefined && { ended: run.ended }),
    ...(outcome && { outcome }),
    course: courseView(run?.course),
  };
}

/** Whether a rollout that is over has not been recorded yet: Serin ends the Deployment's flight, and then each ReplicaSet's. */
function isEnding(set: ReplicaSet, { metadata: { uid } }: Deployment): boolean {
  return set.metadata.labels?.[FLIGHT] === uid && isUnended(lastRunOf(set));
}

/** The ReplicaSet whose rollout ended last. */
function lastEnded(own: readonly ReplicaSet[]): ReplicaSet | undefined {
  const endOf = (set: ReplicaSet) => Date.parse(lastRunOf(set)?.ended ?? "");
  const ended = own.filter((set) => !Number.isNaN(endOf(set)));
  return ended.toSorted((a, b) => endOf(b) - endOf(a))[0];
}

function identity({ deployment, now }: Pick<RawSnapshot, "deployment" | "now">) {
  const { namespace = "", name, uid } = deployment.metadata;
  return {
    apiVersion: "serin.dev/v1",
    kind: "RolloutStatus",
    metadata: { namespace, name, ...(uid !== undefined && { uid }) },
    at: instant(now),
  } as const;
}

function courseView(course: readonly RolloutView["course"][number][] = []): RolloutView["course"] {
  return course.map((one) => ({ ...one, step: one.step + 1 }));
}

function defined({ canary, stable }: Record<"canary" | "stable", ReturnType<typeof versionView>>) {
  return { ...(canary && { canary }), ...(stable && { stable }) };
}
