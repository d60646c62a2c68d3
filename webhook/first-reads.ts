import type { Kube } from "../kube/client/api.ts";
import { deployments } from "../kube/core/resources.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import { HELD } from "../rollout/keys.ts";
import type { DefaultSources } from "../rollout/plan/layers.ts";
import { isOptedIn } from "../rollout/plan/plan.ts";
import { equal } from "../rollout/text/equal.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import { onlyRestarted } from "../rollout/workload/restart.ts";
import { isVersionOf, readStored } from "./live.ts";
import { type Neighbourhood, readNeighbourhood } from "./neighbourhood.ts";
import { type OwnVersions, readOwnVersions } from "./own-versions.ts";

/** The means to read. */
interface FirstNeeds {
  readonly kube: Kube;
  /** Reads the sources of the defaults; see readDefaultSources. */
  readonly readSources: () => Promise<DefaultSources | undefined>;
}

/** What Serin reads for every new template, all at the same time. */
export interface FirstReads extends Partial<Neighbourhood> {
  readonly versions: OwnVersions;
  /** Whether the stored Deployment is in flight with the record of the request. It may have another version, as by its status. */
  readonly isSameRollout?: boolean;
  /** The sources of the defaults; absent: not read. */
  readonly places?: DefaultSources | undefined;
}

/** Serin reads the neighbours only for a version that may begin a rollout, and the defaults only at rest: an undo needs neither. */
export async function readFirst(
  { kube, readSources }: FirstNeeds,
  requested: Deployment,
  stored: Deployment,
): Promise<FirstReads> {
  const isAtRest = holdRecordOf(stored) === undefined;
  const mayBegin =
    isAtRest &&
    isOptedIn(requested.metadata.annotations) &&
    !onlyRestarted(requested.spec.template, stored.spec.template);
  const here = async (): Promise<Partial<Neighbourhood> & { readonly found?: Deployment | undefined }> => {
    if (mayBegin) return readNeighbourhood(kube, stored);
    const found = await readStored(kube, deployments, stored);
    return { found, live: found && isVersionOf(found, stored) ? found : undefined };
  };
  const [{ live, found, neighbours }, versions, places] = await Promise.all([
    here(),
    readOwnVersions(kube, requested, stored),
    isAtRest ? readSources() : undefined,
  ]);
  return {
    live: live && isReadFor(live, stored) ? live : undefined,
    isSameRollout: !isAtRest && found !== undefined && isReadFor(found, stored),
    versions,
    places,
    ...(neighbours && { neighbours }),
  };
}

/**
 * The request's body decided what was read: its record decides whether there are versions to read, and its selector finds
 * them. A forged body may have others than the live Deployment, about which Serin would then know too little for an effect.
 */
function isReadFor(live: Deployment, stored: Deployment): boolean {
  const [record, read] = [live, stored].map(({ metadata }) => metadata.annotations?.[HELD]);
  return record === read && equal(live.spec.selector, stored.spec.selector);
}
