import pLimit from "p-limit";
import type { Kube } from "../kube/client/api.ts";
import { listGrants } from "../kube/client/grants.ts";
import { listReplicaSets } from "../kube/client/replica-sets.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { keyOf } from "../kube/core/meta.ts";
import { deployments, horizontalPodAutoscalers, services } from "../kube/core/resources.ts";
import { type ReferenceGrant, routeKeyOf } from "../kube/core/routes.ts";
import type { Service } from "../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../kube/core/workloads.ts";
import type { RouteIndex } from "../kube/runtime/route-index.ts";
import { listMarked, readWhole, refresh } from "../kube/runtime/route-reads.ts";
import { admitCreate, admitUpdate, changesTemplate } from "../rollout/admission/admit.ts";
import type { AdmissionResponse } from "../rollout/admission/answer.ts";
import type { ClusterState } from "../rollout/admission/change.ts";
import { checkHookHosts } from "../rollout/admission/hook-hosts.ts";
import { needsDefaultSources } from "../rollout/admission/needs-layers.ts";
import { provenEffects } from "../rollout/admission/proven.ts";
import { answerPerson, answerTracker } from "../rollout/admission/tracked.ts";
import type { HookHost } from "../rollout/hooks/hosts.ts";
import { FLIGHT } from "../rollout/keys.ts";
import { TRACKER } from "../rollout/tracking/decide.ts";
import { withoutChanged } from "../rollout/tracking/pending.ts";
import { crossesInto, namespacesInto, permitted } from "../rollout/traffic/grants.ts";
import { servicesFor } from "../rollout/traffic/isolation.ts";
import type { Autoscaler } from "../rollout/workload/autoscalers.ts";
import { planOf } from "../rollout/workload/plan-of.ts";
import { readDefaultSources } from "./default-sources.ts";
import { performEffect, type RoutePlace, routesToDrain } from "./effects.ts";
import { readLive } from "./live.ts";
import type { Admit } from "./server.ts";

/** How many requests may hold routes in memory at once. */
const AT_ONCE = 4;
/** How long (ms) a request waits for the index of routes. The API server waits 20 s for an answer. */
const PATIENCE_MS = 10_000;

/** The means to answer. */
export interface Needs {
  readonly kube: Kube;
  /** All routes of the cluster. */
  readonly index: RouteIndex;
  /** Serin's own namespace, which holds the profiles. */
  readonly namespace: string;
  /** The hosts that hooks may call. */
  readonly hookHosts: readonly HookHost[];
  readonly clock: Clock;
  readonly log: Log;
}

/** An answer, and the Deployment's own ReplicaSets if they were read for it. */
interface Decision {
  readonly answer: AdmissionResponse;
  readonly replicaSets: readonly ReplicaSet[];
  /** The routes that the effects drain. */
  readonly routes: readonly RoutePlace[];
}

/**
 * Answers requests about Deployments: reads the state of the cluster, decides, and performs the effects. An answer with
 * effects is decided for the Deployment that the API server stores, not for the one in the request's body.
 */
export function admitDeployments(needs: Needs): Admit<Deployment> {
  const { kube, namespace, hookHosts, clock, log } = needs;
  const inTurn = pLimit(AT_ONCE);
  return async ({ object: requested, oldObject: stored, dryRun, options }) => {
    const reading = needsDefaultSources(requested, stored)
      ? readDefaultSources(kube, namespace, requested)
      : undefined;
    // It may fail before anything waits for it. Then `decide` throws its error.
    reading?.catch(() => {});
    const checked = (answer: AdmissionResponse, old: Deployment | null) =>
      checkHookHosts(answer, old, (object) => planOf(object).hooks, hookHosts);
    if (stored === null) return checked(admitCreate(requested, await reading), null);
    const decide = async (present: Deployment): Promise<Decision> => {
      // The pods of a new template read the changed ConfigMap as well, so the change needs no rollout of its own.
      const old = changesTemplate(requested, present) ? withoutChanged(present) : present;
      const answerWith = async (cluster?: ClusterState) => {
        const now = new Date(clock.now()).toISOString();
        const said = checked(admitUpdate(requested, old, cluster, now, await reading), present);
        return options?.fieldManager === TRACKER ? answerTracker(said) : answerPerson(said, old);
      };
      if (!changesTemplate(requested, old))
        return { answer: await answerWith(), replicaSets: [], routes: [] };
      await untilSynced(needs);
      // The routes leave the memory with the decision. An effect that waits for a gateway reads its own again.
      const decision = await inTurn(async () => {
        const cluster = await gather(needs, old);
        const answer = await answerWith(cluster);
        const routes = routesToDrain(answer.effects, cluster, old);
        return { answer, replicaSets: cluster.replicaSets, routes };
      });
      log.info(summary(old, decision.answer, dryRun), "new template");
      return decision;
    };
    if (dryRun || !changesTemplate(requested, stored)) {
      const { answer } = await decide(stored);
      if (dryRun || answer.effects.length === 0) return answer;
    }
    const live = await readLive(kube, deployments, stored);
    const { answer, replicaSets, routes } = await decide(live ?? stored);
    const effects = provenEffects(answer.effects, live?.metadata.uid, replicaSets);
    const own = { kube, clock, namespace: stored.metadata.namespace ?? "", routes };
    for (const effect of effects) await performEffect(effect, answer.allowed, own);
    return answer;
  };
}

/** Waits until the index holds all routes. Throws if that takes too long. */
async function untilSynced({ index, clock }: Needs): Promise<void> {
  const stop = new AbortController();
  const late = clock.sleep(PATIENCE_MS, stop.signal).then(() => {
    throw new Error("Serin has just started and has not read all routes of the cluster yet");
  });
  await Promise.race([index.synced, late]).finally(() => stop.abort());
}

function summary(
  { metadata: { namespace, name } }: Deployment,
  answer: AdmissionResponse,
  dryRun = false,
): object {
  const said = answer.allowed ? { warnings: answer.warnings } : { message: answer.message };
  return { namespace, name, dryRun, allowed: answer.allowed, ...said };
}

/**
 * Reads from the API server's cache (resourceVersion 0), except the ReplicaSets, which decide the stable version, and the
 * routes. The index finds the routes; Serin reads those whole that may lead to the Deployment's Services.
 */
async function gather(needs: Needs, old: Deployment): Promise<ClusterState> {
  const { kube, index } = needs;
  const { uid = "", namespace = "" } = old.metadata;
  const cached = { resourceVersion: "0" };
  const [replicaSets, here, neighbours, listed, autoscalers, flight] = await Promise.all([
    listReplicaSets(kube, old),
    kube.list<Service>(services, { namespace }, cached),
    kube.list<Deployment>(deployments, { namespace }, cached),
    refresh({ kube, index }, namespace),
    kube.list<Autoscaler>(horizontalPodAutoscalers, { namespace }, cached),
    readFlight(needs, old),
  ]);
  const templates = [old, ...replicaSets].map(({ spec }) => spec.template);
  const found = index.around(servicesFor(uid, templates, here.items).map(keyOf), uid);
  const all = [...found, ...(flight?.shared ?? [])];
  const around = [...new Map(all.map((route) => [routeKeyOf(route), route])).values()];
  const crosses = around.some((route) => crossesInto(namespace, route));
  const grants = flight?.grants ?? (crosses ? await listGrants<ReferenceGrant>(kube, namespace) : []);
  const leading = permitted(namespace, around, grants);
  const keys = new Set(around.map(routeKeyOf));
  const choosing = index.choosing(leading.flatMap(({ parents }) => parents));
  const beside = choosing.filter((route) => !keys.has(routeKeyOf(route)));
  return {
    replicaSets,
    services: here.items,
    deployments: neighbours.items,
    routes: await readWhole(kube, leading, listed),
    known: [...around, ...beside],
    grants,
    autoscalers: autoscalers.items,
  };
}

/**
 * The grants, and the routes with a share of the rollout in flight, as the API server stores them now. The index may not know
 * the newest share yet, and an undo must drain it before native control deletes the canary's pods. Absent at rest: then a
 * route that the index does not know leads to Services that Serin isolates, so it gives the canary no traffic.
 */
async function readFlight({ kube, index }: Needs, { metadata }: Deployment) {
  const { uid = "", namespace = "", labels } = metadata;
  if (labels?.[FLIGHT] === undefined) return undefined;
  const grants = await listGrants<ReferenceGrant>(kube, namespace);
  const marked = await listMarked({ kube, index }, namespacesInto(namespace, grants), FLIGHT);
  return { grants, shared: marked.filter(({ shares }) => shares.includes(uid)) };
}
