import type { Kube } from "../../kube/client/api.ts";
import { replicaSets, services } from "../../kube/core/resources.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { hashesInGrace, type Versions, versionsSelector } from "../../rollout/cleanup/grace.ts";
import { type SweepInput, sweep } from "../../rollout/cleanup/orphans.ts";
import { type CleanUpOptions, flying, write } from "./access.ts";

/** Restores Services and ReplicaSets; true while some wait for pods that no Deployment owns any more. */
export async function sweepOnce(
  options: CleanUpOptions,
  inFlight: ReadonlyMap<string, string>,
): Promise<boolean> {
  const { kube, clock } = options;
  // A minute ahead, so that no grace period for a recreated Deployment holds up the clean-up.
  const known = { now: clock.now() + 60_000, inFlight };
  let waits = false;
  await write(
    options,
    () => readMarked(kube, known),
    (found) => {
      const sweeps = found.map(sweep);
      waits = sweeps.some(({ waitMs }) => waitMs !== undefined);
      return sweeps.flatMap(({ writes }) => writes);
    },
  );
  return waits;
}

/** The marked objects of each namespace, with the versions to which its Services are isolated. */
async function readMarked(kube: Kube, known: Pick<SweepInput, "now" | "inFlight">): Promise<SweepInput[]> {
  const foundServices = await flying<Service>(kube, services);
  const foundSets = await flying<ReplicaSet>(kube, replicaSets);
  const namespaces = new Set(
    [...foundServices, ...foundSets].map(({ metadata }) => metadata.namespace ?? ""),
  );
  return Promise.all(
    [...namespaces].map(async (namespace) => {
      const isHere = ({ metadata }: Service | ReplicaSet) => metadata.namespace === namespace;
      const marked = {
        ...known,
        services: foundServices.filter(isHere),
        replicaSets: foundSets.filter(isHere),
      };
      const versions = await listVersions(kube, namespace, hashesInGrace(namespace, marked));
      return { ...marked, routes: [], versions };
    }),
  );
}

/** The ReplicaSets of these versions, also those without Serin's mark. */
async function listVersions(kube: Kube, namespace: string, hashes: ReadonlySet<string>): Promise<Versions> {
  if (hashes.size === 0) return { namespace, hashes, replicaSets: [] };
  const labelSelector = versionsSelector(hashes);
  const { items } = await kube.list<ReplicaSet>(replicaSets, { namespace }, { labelSelector });
  return { namespace, hashes, replicaSets: items };
}
