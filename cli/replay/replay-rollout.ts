import type { Prometheus } from "../../evidence/prometheus.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import { listRoutes } from "../../kube/client/routes.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { deployments, services } from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Plan } from "../../rollout/plan/plan.ts";
import { planOfRevision } from "../../rollout/replay/past-plan.ts";
import { replayOf } from "../../rollout/replay/replay.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { planOf } from "../../rollout/workload/plan-of.ts";
import { revisionOf } from "../../rollout/workload/revision.ts";
import { lastRunOf, type RunRecord } from "../../rollout/workload/run-record.ts";
import type { Cluster } from "../frame/cluster.ts";
import type { ReplayShown } from "../screens/replay-screen.ts";
import { judgementOf } from "./judgement.ts";
import type { OtherPlan } from "./other-settings.ts";
import { readRolloutTicks } from "./rollout-ticks.ts";

/** What is asked about one Deployment. */
export interface ReplayQuestion {
  readonly name: string;
  /** Absent: the newest rollout. */
  readonly revision: string | undefined;
  /** The plan with other settings; `undefined`: only those of then. */
  readonly other: (plan: Plan) => OtherPlan | undefined;
  readonly prometheus: (provider: string | undefined) => Prometheus;
}

/** A replay, and what a reader must know about it: a sentence each. */
export interface ToldReplay extends ReplayShown {
  readonly notes: readonly string[];
}

/**
 * Judges a rollout again from its record and from what Prometheus still has of it. Throws an Error that says why that is not
 * possible, and a ProviderError if Prometheus does not answer.
 */
export async function replayRollout(
  { kube, namespace }: Pick<Cluster, "kube" | "namespace">,
  question: ReplayQuestion,
  clock: Clock,
): Promise<ToldReplay> {
  const { name } = question;
  const deployment = await kube.get<Deployment>(deployments, { namespace, name });
  const [judged, run] = chosen(name, await listReplicaSets(kube, deployment), question.revision);
  const isInFlight = holdRecordOf(deployment)?.started === run.started;
  const plan = isInFlight ? planOf(deployment) : planOfRevision(judged);
  const [{ items: found }, routes] = await Promise.all([
    kube.list<Service>(services, { namespace }),
    listRoutes<Route>(kube, {}, { namespace }),
  ]);
  const prometheus = question.prometheus(plan.prometheus);
  const rollout = { deployment, plan, judged, run, services: found, routes };
  const { ticks, start, to, doubt, byPods } = await readRolloutTicks({ prometheus, clock }, rollout);
  const other = question.other(plan);
  const judgedBy = (by: Plan) => {
    const dispersion = by.compare === "off" ? undefined : by.compare.dispersion;
    const begun = { ...start, phi: dispersion ?? start.phi };
    return judgementOf(replayOf(run, by, begun, ticks, byPods), run);
  };
  const asThen = judgedBy(plan);
  return {
    of: `deployment/${name} -n ${namespace}, revision ${revisionOf(judged) ?? "–"}`,
    ticks: ticks.length,
    tickMs: start.tickMs,
    from: start.from,
    to,
    judgements: [["as then", asThen], ...(other ? [[other.title, judgedBy(other.plan)] as const] : [])],
    notes: [
      ...(doubt === undefined ? [] : [doubt]),
      ...differences(run, asThen.progress?.requests, to),
      ...(plan.checks.some(({ metric }) => metric === "template")
        ? ["checks by metric templates are not replayed"]
        : []),
    ],
  };
}

function chosen(
  name: string,
  sets: readonly ReplicaSet[],
  revision: string | undefined,
): readonly [ReplicaSet, RunRecord] {
  const runs = sets.flatMap((set) => {
    const run = lastRunOf(set);
    return run === undefined ? [] : [[set, run] as const];
  });
  const newest = runs.toSorted(([, a], [, b]) => Date.parse(b.started) - Date.parse(a.started));
  const found = newest.find(([set]) => revision === undefined || revisionOf(set) === revision);
  if (found !== undefined) return found;
  const known = newest.map(([set]) => revisionOf(set) ?? "–").join(", ") || "none";
  const which = revision === undefined ? "no rollout" : `no rollout of revision ${revision}`;
  throw new Error(`${which} of deployment/${name} has a record; the revisions with one: ${known}`);
}

/** Prometheus may have lost samples since, or another route's requests may have the same names. */
function differences(
  { evidence, ended }: RunRecord,
  requests: { readonly canary: number; readonly stable: number } | undefined,
  to: number,
): readonly string[] {
  if (evidence === undefined || ended === undefined || requests === undefined || evidence.at !== to)
    return [];
  const [, canary, , stable] = evidence.errors.totals;
  if (canary === requests.canary && stable === requests.stable) return [];
  return [
    `the controller counted ${canary} requests of the canary and ${stable} of the stable version, and Prometheus now has ${requests.canary} and ${requests.stable}`,
  ];
}
