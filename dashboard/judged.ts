import type { Kube } from "../kube/client/api.ts";
import { isForbidden } from "../kube/client/errors.ts";
import { listNamespace } from "../kube/client/namespace-list.ts";
import { listReplicaSets } from "../kube/client/replica-sets.ts";
import { listRoutes } from "../kube/client/routes.ts";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { services } from "../kube/core/resources.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import type { Counted, JudgeInput } from "../rollout/judge/evidence.ts";
import type { Plan } from "../rollout/plan/plan.ts";
import { planOfRevision } from "../rollout/replay/past-plan.ts";
import { pastSources } from "../rollout/replay/past-sources.ts";
import { snapshotOf } from "../rollout/stages/snapshot-of.ts";
import { leanService } from "../rollout/traffic/lean-service.ts";
import { findByRevision } from "../rollout/workload/revision.ts";
import { lastRunOf, type RunRecord } from "../rollout/workload/run-record.ts";
import type { Copies } from "./copies.ts";
import { isOfSerin } from "./lean-objects.ts";

/** The means to find out how a rollout was judged. */
export interface JudgedReader {
  readonly kube: Kube;
  readonly copies: Pick<Copies, "deployments" | "services" | "routesOf">;
  readonly clock: Pick<Clock, "now">;
}

/** A rollout in flight or in the past, and what its judge reads. */
export interface Judged {
  readonly uid: string;
  readonly record: RunRecord;
  readonly plan: Plan;
  readonly sources: readonly Counted[];
  /** The judge's question; absent: the canary has no traffic now. */
  readonly input?: JudgeInput;
  /** Why `sources` is not known. */
  readonly unread?: string;
  /** The end (ms) of the last tick that was judged; absent: it is judged now. */
  readonly until?: number;
}

/** The rollout of this revision; `undefined` if there is no record of one. Throws errors of the API server. */
export async function readJudged(
  options: JudgedReader,
  key: string,
  revision: string,
): Promise<Judged | undefined> {
  const { kube, copies } = options;
  const deployment = copies.deployments.get(key);
  if (deployment === undefined || !isOfSerin(deployment)) return undefined;
  const replicaSets = await listReplicaSets(kube, deployment);
  const judged = findByRevision(replicaSets, revision);
  const record = judged && lastRunOf(judged);
  if (judged === undefined || record === undefined) return undefined;
  return (
    inFlight(options, deployment, replicaSets, judged, record) ?? inPast(options, deployment, judged, record)
  );
}

/** The rollout that is judged now, as the controller sees it. */
function inFlight(
  { copies, clock }: JudgedReader,
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  judged: ReplicaSet,
  record: RunRecord,
): Judged | undefined {
  const { uid = "" } = deployment.metadata;
  const marked = copies.services.by("owner", uid);
  const snapshot = snapshotOf({
    ...{ now: clock.now(), deployment, replicaSets, services: marked, marked, routes: copies.routesOf(uid) },
    ...{ grants: [], endpointSlices: [], pods: [] },
  });
  if (snapshot?.judgeInput === undefined || snapshot.judged !== judged) return undefined;
  const { judgeInput: input, plan } = snapshot;
  return { uid, record, plan, sources: input.sources, input };
}

/** A rollout that is judged no more: its overlay is gone. */
async function inPast(
  { kube }: JudgedReader,
  deployment: Deployment,
  judged: ReplicaSet,
  record: RunRecord,
): Promise<Judged> {
  const { uid = "", namespace = "" } = deployment.metadata;
  const plan = planOfRevision(judged);
  const past = { uid, record, plan, until: record.evidence?.at ?? 0 };
  try {
    const [here, routes] = await Promise.all([
      listNamespace<Service>(kube, services, { namespace }, leanService),
      listRoutes<Route>(kube, {}, { namespace }),
    ]);
    const sources = pastSources({ deployment, plan, judged, run: record, services: here, routes });
    return { ...past, sources };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return { ...past, sources: [], unread: `it is not known what counted this rollout: ${messageOf(error)}` };
  }
}
