import { conditionOf, controllerOf, type Meta, type OwnerReference } from "../core/meta.ts";
import { endpointSlices, pods, replicaSets } from "../core/resources.ts";
import { formatSelector } from "../core/selector.ts";
import type { EndpointSlice, Stranger } from "../core/services.ts";
import type { Deployment, Pod, ReplicaSet } from "../core/workloads.ts";
import type { Kube } from "./api.ts";
import { listNamespace } from "./namespace-list.ts";

const HASH = "pod-template-hash";
const SERVICE = "kubernetes.io/service-name";
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
/** The controller that makes the slices of a Service with a selector. */
const NATIVE = "endpointslice-controller.k8s.io";

type Reader = Pick<Kube, "list">;
type Owner = Pick<OwnerReference, "kind" | "name" | "uid">;
type Selectors = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Reads who else serves behind Services (by name → the user's selector) than the Deployment's own ReplicaSets. */
export async function listStrangers(
  kube: Reader,
  deployment: Pick<Deployment, "metadata">,
  selectors: Selectors,
  own: readonly ReplicaSet[],
): Promise<readonly Stranger[]> {
  if (selectors.size === 0) return [];
  const [owners, slices] = await Promise.all([
    listOtherOwners(kube, deployment, selectors, own),
    keptSlices(kube, deployment.metadata.namespace, selectors),
  ]);
  return [...owners, ...slices];
}

/**
 * The same without the slices that somebody keeps: the owners of other pods, from the API server's cache. The API server
 * leaves out the ReplicaSets' own pods, so that its answers are empty as a rule. Services with the same selector share one
 * request: a user may have one for the pods' names and one for the requests.
 */
export async function listOtherOwners(
  kube: Reader,
  { metadata }: Pick<Deployment, "metadata">,
  selectors: Selectors,
  own: readonly ReplicaSet[],
): Promise<readonly Stranger[]> {
  const alike = Map.groupBy(selectors, ([, selector]) => formatSelector({ matchLabels: { ...selector } }));
  const found = await Promise.all(
    [...alike.values()].map(async (group) => {
      const strangers = await ownersBehind(kube, metadata, group[0]?.[1] ?? {}, own);
      return group.flatMap(([service]) => strangers.map(({ kind, name }) => ({ service, kind, name })));
    }),
  );
  const all = found.flat().map((stranger) => [JSON.stringify(stranger), stranger] as const);
  return [...new Map(all).values()];
}

/** The owners of the pods that this selector finds, without the Deployment itself. */
async function ownersBehind(
  kube: Reader,
  { namespace, uid }: Meta,
  selector: Readonly<Record<string, string>>,
  own: readonly ReplicaSet[],
): Promise<readonly Owner[]> {
  const others = await foreignPods(kube, namespace, selector, own);
  const owners = await Promise.all(firstOfEach(others).map((pod) => ownerOf(kube, pod)));
  // A ReplicaSet of its own may be newer than the list.
  return owners.filter((owner) => owner.uid !== uid);
}

async function foreignPods(
  kube: Reader,
  namespace: string | undefined,
  selector: Readonly<Record<string, string>>,
  own: readonly ReplicaSet[],
): Promise<readonly Pod[]> {
  const values = own.flatMap(({ metadata }) => metadata.labels?.[HASH] ?? []);
  const hashes = values.length === 0 ? [] : [{ key: HASH, operator: "NotIn" as const, values }];
  const labelSelector = formatSelector({ matchLabels: { ...selector }, matchExpressions: hashes });
  const uids = new Set(own.map(({ metadata }) => metadata.uid));
  const listed = await listNamespace<Pod>(
    kube,
    pods,
    { namespace, labelSelector, resourceVersion: "0" },
    lean,
  );
  return listed.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      conditionOf(pod.status?.conditions, "Ready")?.status === "True" &&
      !uids.has(controllerOf(pod)),
  );
}

function lean({ metadata, status }: Pod): Pod {
  const { name, namespace, ownerReferences, deletionTimestamp } = metadata;
  const ready = conditionOf(status?.conditions, "Ready");
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(ownerReferences && { ownerReferences }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    status: { conditions: ready === undefined ? [] : [ready] },
  };
}

/** One pod of each owner; a pod without an owner stands for itself. */
function firstOfEach(found: readonly Pod[]): readonly Pod[] {
  return [...new Map(found.map((pod) => [controllerOf(pod) ?? `pod ${pod.metadata.name}`, pod])).values()];
}

/** The workload that a user knows: a ReplicaSet belongs to a Deployment or to another rollout controller. */
async function ownerOf(kube: Reader, { metadata }: Pod): Promise<Owner> {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return { kind: "Pod", name: metadata.name, uid: "" };
  if (owner.kind !== "ReplicaSet") return owner;
  const { namespace } = metadata;
  const fieldSelector = `metadata.name=${owner.name}`;
  const [set] = await listNamespace<ReplicaSet>(kube, replicaSets, { namespace, fieldSelector });
  return set?.metadata.ownerReferences?.find(({ controller }) => controller === true) ?? owner;
}

/** A label selector for the slices that somebody else keeps. */
export const KEPT_SLICES = `${SERVICE},${MANAGED_BY}!=${NATIVE}`;

/** Those of these slices that have a ready address: no selector of a Service reaches it. */
export function keptBehind(slices: readonly EndpointSlice[]): readonly Stranger[] {
  return slices
    .filter(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false))
    .map(({ metadata: { name, labels } }) => ({
      service: labels?.[SERVICE] ?? "",
      kind: "EndpointSlice",
      name,
    }));
}

async function keptSlices(
  kube: Reader,
  namespace: string | undefined,
  selectors: Selectors,
): Promise<readonly Stranger[]> {
  const labelSelector = `${SERVICE} in (${[...selectors.keys()].join(",")}),${MANAGED_BY}!=${NATIVE}`;
  const listed = await listNamespace<EndpointSlice>(kube, endpointSlices, {
    namespace,
    labelSelector,
    resourceVersion: "0",
  });
  return keptBehind(listed);
}
