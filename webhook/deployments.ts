import type { Kube, Query } from "../kube/client/api.ts";
import { listGrants } from "../kube/client/grants.ts";
import { listLeft, listReplicaSets } from "../kube/client/replica-sets.ts";
import { listRoutes } from "../kube/client/routes.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { deployments, horizontalPodAutoscalers, services } from "../kube/core/resources.ts";
import type { ReferenceGrant, Route } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import { admitCreate, admitUpdate, changesTemplate } from "../rollout/admission/admit.ts";
import type { AdmissionResponse } from "../rollout/admission/answer.ts";
import { auditOf, withAuthor } from "../rollout/admission/asked-by.ts";
import type { ClusterState } from "../rollout/admission/change.ts";
import { checkHookHosts } from "../rollout/admission/hook-hosts.ts";
import { needsDefaultSources } from "../rollout/admission/needs-layers.ts";
import { provenEffects } from "../rollout/admission/proven.ts";
import { answerInSystemNamespace } from "../rollout/admission/system-namespaces.ts";
import { answerPerson, answerTracker } from "../rollout/admission/tracked.ts";
import type { HookHost } from "../rollout/hooks/hosts.ts";
import { FLIGHT, HELD } from "../rollout/keys.ts";
import { TRACKER } from "../rollout/tracking/decide.ts";
import { withoutChanged } from "../rollout/tracking/pending.ts";
import { crossesInto } from "../rollout/traffic/grants.ts";
import type { Autoscaler } from "../rollout/workload/autoscalers.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { planOf } from "../rollout/workload/plan-of.ts";
import { readDefaultSources } from "./default-sources.ts";
import { performEffect } from "./effects.ts";
import { readLive } from "./live.ts";
import type { ReviewResponse } from "./review.ts";
import type { Admit } from "./server.ts";

/** The means to answer. */
export interface Needs {
  readonly kube: Kube;
  /** Serin's own namespace, which holds the profiles. Serin starts no rollout there. */
  readonly namespace: string;
  /** The hosts that hooks may call. */
  readonly hookHosts: readonly HookHost[];
  readonly clock: Clock;
  readonly log: Log;
}

/** An answer, and the Deployment's own ReplicaSets if they were read for it. */
interface Decision {
  readonly answer: AdmissionResponse & ReviewResponse;
  readonly replicaSets: readonly ReplicaSet[];
}

/**
 * Answers requests about Deployments: reads the state of the cluster, decides, and performs the effects. An answer with
 * effects is decided for the Deployment that the API server stores, not for the one in the request's body.
 */
export function admitDeployments({ kube, namespace, hookHosts, clock, log }: Needs): Admit<Deployment> {
  return async ({ object: requested, oldObject: stored, dryRun, options, userInfo }) => {
    const inSystem = answerInSystemNamespace(requested, stored ?? undefined, namespace);
    if (inSystem !== undefined) return inSystem;
    const reading = needsDefaultSources(requested, stored)
      ? readDefaultSources(kube, namespace, requested)
      : undefined;
    const checked = (answer: AdmissionResponse, old: Deployment | null) =>
      checkHookHosts(answer, old, (object) => planOf(object).hooks, hookHosts);
    if (stored === null) {
      const isCopy = requested.metadata.annotations?.[HELD] !== undefined;
      const [places, left] = await Promise.all([reading, isCopy ? listLeft(kube, requested) : []]);
      return checked(admitCreate(requested, places, left), null);
    }
    const decide = async (present: Deployment): Promise<Decision> => {
      // The pods of a new template read the changed ConfigMap as well, so the change needs no rollout of its own.
      const old = changesTemplate(requested, present) ? withoutChanged(present) : present;
      const [reads, places] = await Promise.all([
        changesTemplate(requested, old) ? gather(kube, old) : undefined,
        reading,
      ]);
      const now = new Date(clock.now()).toISOString();
      const said = checked(admitUpdate(requested, old, reads, now, places), present);
      const told = options?.fieldManager === TRACKER ? answerTracker(said) : answerPerson(said, old);
      const answer = withAuthor(told, old, userInfo?.username, now);
      if (reads !== undefined) log.info(summary(old, answer, dryRun), "new template");
      const audit = auditOf(answer, old);
      return { answer: { ...answer, audit }, replicaSets: reads?.replicaSets ?? [] };
    };
    if (dryRun || !changesTemplate(requested, stored)) {
      const { answer } = await decide(stored);
      if (dryRun || answer.effects.length === 0) return answer;
    }
    const live = await readLive(kube, deployments, stored);
    const { answer, replicaSets } = await decide(live ?? stored);
    const effects = provenEffects(answer.effects, live?.metadata.uid, replicaSets);
    const needs = { kube, clock, namespace: stored.metadata.namespace ?? "" };
    for (const effect of effects) await performEffect(effect, answer.allowed, needs);
    return answer;
  };
}

function summary(
  { metadata: { namespace, name } }: Deployment,
  answer: AdmissionResponse,
  dryRun = false,
): object {
  const said = answer.allowed ? { warnings: answer.warnings } : { message: answer.message };
  return { namespace, name, dryRun, allowed: answer.allowed, ...said };
}

/** Reads from the API server's cache (resourceVersion 0), except the ReplicaSets, which decide the stable version. */
async function gather(kube: Kube, old: Deployment): Promise<ClusterState> {
  const { namespace } = old.metadata;
  const cached = { resourceVersion: "0" };
  const [sets, here, neighbours, routes, autoscalers] = await Promise.all([
    listReplicaSets(kube, old),
    kube.list<Service>(services, { namespace }, cached),
    kube.list<Deployment>(deployments, { namespace }, cached),
    listRoutes<Route>(kube, routesFor(old)),
    kube.list<Autoscaler>(horizontalPodAutoscalers, { namespace }, cached),
  ]);
  const grants = routes.some((route) => crossesInto(namespace ?? "", route))
    ? await listGrants<ReferenceGrant>(kube, namespace ?? "")
    : [];
  return {
    replicaSets: sets,
    services: here.items,
    deployments: neighbours.items,
    routes,
    grants,
    autoscalers: autoscalers.items,
  };
}

/** The routes in flight during a rollout. All routes if one may begin. */
function routesFor(old: Deployment): Query {
  if (old.metadata.labels?.[FLIGHT] === undefined) return { resourceVersion: "0" };
  const phase = holdRecordOf(old)?.phase;
  return phase === "failed" || phase === "undone" ? {} : { labelSelector: FLIGHT };
}
