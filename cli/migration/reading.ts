import type { Kube } from "../../kube/client/api.ts";
import { ifNotFound } from "../../kube/client/errors.ts";
import { listNamespace } from "../../kube/client/namespace-list.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { configMaps, deployments, endpointSlices, type Resource } from "../../kube/core/resources.ts";
import type { EndpointSlice } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { SERIN_NAMESPACE } from "../../migrate/conversion.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";

/** Where to read. */
export interface LivePlace {
  readonly kube: Kube;
  readonly namespace: string;
  /** The Deployment's name. */
  readonly name: string;
}

/**
 * Refuses while Serin has a rollout of the Deployment in flight: a step would take its Services and routes for the other
 * tool's. Throws as Kube does.
 */
export async function refuseInFlight(place: LivePlace): Promise<void> {
  const { name, namespace } = place;
  const deployment = await findOne<Deployment>(place, deployments, name);
  const held = deployment && holdRecordOf(deployment);
  if (held === undefined) return;
  const serin = (verb: string) => `kubectl serin ${verb} ${name} -n ${namespace}`;
  // A failed version stays until a person acts, so no wait would end.
  const [what, way] =
    held.phase === "failed"
      ? ["has a version that Serin rolled back", serin(held.lost ? "promote" : "undo")]
      : ["is in flight with Serin", `${serin("status")} --wait`];
  throw new Error(`deployment/${name} ${what}: ${way}, then the same command again`);
}

/** One object of the namespace; `undefined` if it does not exist, or its kind. */
export function findOne<T extends KubeObject>(
  { kube, namespace }: LivePlace,
  resource: Resource,
  name: string,
): Promise<T | undefined> {
  return kube.get<T>(resource, { namespace, name }).catch(ifNotFound(undefined));
}

/** All objects of the namespace; none if their kind does not exist. */
export function findAll<T extends KubeObject>(
  { kube, namespace }: LivePlace,
  resource: Resource,
): Promise<readonly T[]> {
  return listNamespace<T>(kube, resource, { namespace }).catch(ifNotFound<readonly T[]>([]));
}

/** Name of a Service → the addresses of its ready endpoints. */
export async function readyAddresses(place: LivePlace): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const { metadata, endpoints } of await findAll<EndpointSlice>(place, endpointSlices)) {
    const service = metadata.labels?.["kubernetes.io/service-name"] ?? "";
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    found.set(service, [...(found.get(service) ?? []), ...ready.flatMap(({ addresses = [] }) => addresses)]);
  }
  return found;
}

/** The names of those metric templates that Serin's namespace does not have. */
export async function missingTemplates(
  { kube }: LivePlace,
  templates: readonly KubeObject[],
): Promise<readonly string[]> {
  const needed = templates.map(({ metadata }) => metadata.name);
  const present = await Promise.all(
    needed.map((name) =>
      kube.get(configMaps, { namespace: SERIN_NAMESPACE, name }).catch(ifNotFound(undefined)),
    ),
  );
  return needed.filter((_, i) => present[i] === undefined);
}
