import type { Kube } from "../../kube/client/api.ts";
import { ApiError } from "../../kube/client/errors.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import { listRoutes } from "../../kube/client/routes.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { deployments, pods, replicaSets, services } from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HASH_LABEL } from "../../rollout/keys.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import type { RolloutView } from "../../rollout/view/view.ts";
import { viewOf } from "../../rollout/view/view-of.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { hashOf } from "../../rollout/workload/template.ts";

/** A rollout as far as the reader's rights go. */
export interface RolloutReading {
  readonly view: RolloutView;
  /** What could not be read, a sentence each. */
  readonly unread: readonly string[];
}

/**
 * Reads one rollout: the Deployment, its own ReplicaSets, and in flight the marked objects. Never all pods or ReplicaSets of a
 * namespace. The first answer may correct the clock, so the view has the time after the reads. Throws if the Deployment cannot
 * be read or is not opted in.
 */
export async function readRollout(
  kube: Kube,
  namespace: string,
  name: string,
  clock: Pick<Clock, "now">,
): Promise<RolloutReading> {
  return readAround(kube, await readOptedIn(kube, namespace, name), clock);
}

/** Reads a Deployment that is opted in or in flight. Throws if it cannot be read, or is neither. */
export async function readOptedIn(kube: Kube, namespace: string, name: string): Promise<Deployment> {
  const deployment = await kube.get<Deployment>(deployments, { namespace, name });
  if (isOptedIn(deployment.metadata.annotations) || holdRecordOf(deployment) !== undefined) return deployment;
  throw new Error(
    `deployment/${name} in the namespace ${namespace} is not opted in: kubectl annotate deployment/${name} serin.dev/rollout=canary -n ${namespace}`,
  );
}

/** The same for a Deployment that is known already. */
async function readAround(
  kube: Kube,
  deployment: Deployment,
  clock: Pick<Clock, "now">,
): Promise<RolloutReading> {
  const { namespace = "" } = deployment.metadata;
  const unread: string[] = [];
  const sets = await permitted(unread, "ReplicaSets", () => listReplicaSets(kube, deployment));
  const nothing = { grants: [], endpointSlices: [] };
  const own = { deployment, replicaSets: sets, ...nothing };
  if (holdRecordOf(deployment) === undefined)
    return {
      view: viewOf({ ...own, now: clock.now(), services: [], marked: [], routes: [], pods: [] }),
      unread,
    };
  const hashes = sets.filter(({ spec }) => (spec.replicas ?? 0) > 0).map(hashOf);
  const labelSelector = `${HASH_LABEL} in (${hashes.join(",")})`;
  const [marked, found] = await Promise.all([
    readMarked(kube, deployment),
    permitted(unread, "pods", async () =>
      hashes.length === 0 ? [] : (await kube.list<Pod>(pods, { namespace }, { labelSelector })).items,
    ),
  ]);
  const { services: flying, routes } = marked;
  return {
    view: viewOf({ ...own, now: clock.now(), services: flying, marked: flying, routes, pods: found }),
    unread: [...unread, ...marked.unread],
  };
}

/** The Services and routes that carry the rollout's mark, and what the reader may not see of them. */
export async function readMarked(kube: Kube, { metadata: { namespace = "", uid } }: Deployment) {
  const unread: string[] = [];
  return { ...(await markedIn(kube, namespace, `${FLIGHT}=${uid}`, unread)), unread };
}

/** The Services with this mark and the routes in flight, of one namespace or of all. */
async function markedIn(kube: Kube, namespace: string | undefined, labelSelector: string, unread: string[]) {
  const [flying, routes] = await Promise.all([
    permitted(unread, "Services", async () => {
      return (await kube.list<Service>(services, { namespace }, { labelSelector })).items;
    }),
    permitted(unread, "routes", () => listRoutes<Route>(kube, { labelSelector: FLIGHT }, { namespace })),
  ]);
  return { services: flying, routes };
}

/** Which Deployments a list is about. */
export interface Choice {
  /** Absent: all namespaces. */
  readonly namespace: string | undefined;
  readonly selector: string | undefined;
  /** Also those at rest, with their last rollout. */
  readonly all: boolean;
}

/** Lists rollouts with what the Deployments, their ReplicaSets and the marked objects tell, in a request for each kind. */
export async function listRollouts(
  kube: Kube,
  { namespace, selector, all }: Choice,
  clock: Pick<Clock, "now">,
): Promise<readonly RolloutReading[]> {
  const labels = [...(all ? [] : [FLIGHT]), ...(selector === undefined ? [] : [selector])].join(",");
  const query = labels === "" ? {} : { labelSelector: labels };
  const found = await kube.list<Deployment>(deployments, { namespace }, query);
  const chosen = found.items.filter(
    (one) => isOptedIn(one.metadata.annotations) || holdRecordOf(one) !== undefined,
  );
  if (chosen.length === 0) return [];
  const unread: string[] = [];
  const sets = await permitted(unread, "ReplicaSets", async () => {
    const marked = all ? {} : { labelSelector: FLIGHT };
    return (await kube.list<ReplicaSet>(replicaSets, { namespace }, marked)).items;
  });
  const { services: flying, routes } = chosen.some(holdRecordOf)
    ? await markedIn(kube, namespace, FLIGHT, unread)
    : { services: [], routes: [] };
  const now = clock.now();
  return chosen.map((deployment) => {
    const none = { grants: [], endpointSlices: [], pods: [] };
    const isNear = ({ metadata }: KubeObject) => metadata.namespace === deployment.metadata.namespace;
    const [own, near] = [sets.filter(isNear), flying.filter(isNear)];
    const view = viewOf({ now, deployment, replicaSets: own, services: near, marked: near, routes, ...none });
    return { view, unread };
  });
}

/** What the reader may not see is noted; every other error is thrown. */
async function permitted<T extends KubeObject>(
  unread: string[],
  kind: string,
  read: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    unread.push(`you may not list ${kind}, so they are not shown`);
    return [];
  }
}
