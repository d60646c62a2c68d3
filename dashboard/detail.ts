import { stringify } from "yaml";
import type { Kube } from "../kube/client/api.ts";
import { isForbidden } from "../kube/client/errors.ts";
import { listReplicaSets } from "../kube/client/replica-sets.ts";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import { events, pods } from "../kube/core/resources.ts";
import type { Deployment, Pod, ReplicaSet } from "../kube/core/workloads.ts";
import { HASH_LABEL } from "../rollout/keys.ts";
import { type ChangedObject, changedObjects } from "../rollout/view/changes.ts";
import { historyOf } from "../rollout/view/history.ts";
import { viewOf } from "../rollout/view/view-of.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { hashOf } from "../rollout/workload/template.ts";
import type { ChangedObjectText, RolloutDetail } from "./api.ts";
import { commandsFor } from "./commands.ts";
import type { Copies } from "./copies.ts";
import { isOfSerin } from "./lean-objects.ts";
import { type CoreEvent, rolloutEvents } from "./rollout-events.ts";

/** The means to read one rollout. */
export interface DetailOptions {
  readonly kube: Pick<Kube, "list">;
  readonly copies: Pick<Copies, "deployments" | "services" | "routesOf" | "unreadable">;
  readonly clock: Pick<Clock, "now">;
}

/** Everything about one Deployment; `undefined` if there is none, or it is not opted in. Throws errors of the API server. */
export async function readDetail(options: DetailOptions, key: string): Promise<RolloutDetail | undefined> {
  const { kube, copies, clock } = options;
  const deployment = copies.deployments.get(key);
  if (deployment === undefined || !isOfSerin(deployment)) return undefined;
  const { uid = "", namespace = "" } = deployment.metadata;
  const missing = [...copies.unreadable].map((kind) => `the ${kind} are not shown: you may not list them`);
  const [replicaSets, told] = await Promise.all([
    permitted(missing, "versions", () => listReplicaSets(kube, deployment)),
    permitted(missing, "events", () => listEvents(kube, deployment)),
  ]);
  const found = await permitted(missing, "pods", () => listPods(kube, deployment, replicaSets));
  const services = copies.services.by("owner", uid);
  const routes = copies.routesOf(uid);
  const view = viewOf({
    ...{ now: clock.now(), deployment, replicaSets, services, marked: services, routes },
    ...{ pods: found, grants: [], endpointSlices: [] },
  });
  return {
    view,
    history: historyOf(deployment, replicaSets).revisions,
    events: rolloutEvents(told),
    changes: changedObjects(deployment, services, routes)
      .filter((change) => change.namespace === namespace)
      .map(textsOf),
    commands: commandsFor(view),
    missing,
  };
}

async function listEvents(kube: DetailOptions["kube"], { metadata }: Deployment) {
  const { namespace, uid = "" } = metadata;
  const fieldSelector = `involvedObject.uid=${uid}`;
  return (await kube.list<CoreEvent>(events, { namespace }, { fieldSelector })).items;
}

/** The pods of the versions that have any; none at rest. */
async function listPods(
  kube: DetailOptions["kube"],
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): Promise<readonly Pod[]> {
  const hashes = replicaSets.filter(({ spec }) => (spec.replicas ?? 0) > 0).map(hashOf);
  if (holdRecordOf(deployment) === undefined || hashes.length === 0) return [];
  const labelSelector = `${HASH_LABEL} in (${hashes.join(",")})`;
  const { namespace } = deployment.metadata;
  return (await kube.list<Pod>(pods, { namespace }, { labelSelector })).items;
}

/** What must not be read is noted; every other error is thrown. */
async function permitted<T>(
  missing: string[],
  what: string,
  read: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  try {
    return await read();
  } catch (error) {
    if (!isForbidden(error)) throw error;
    missing.push(`the ${what} are not shown: ${messageOf(error)}`);
    return [];
  }
}

function textsOf({ name, namespace, was, is }: ChangedObject): ChangedObjectText {
  const text = (object: object) => stringify(object, { lineWidth: 0 });
  return { name, namespace, ...(was && { was: text(was) }), is: text(is) };
}
