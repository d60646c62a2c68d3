import type { Kube } from "../kube/client/api.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import type { RouteIndex } from "../kube/runtime/route-index.ts";
import { mayStartRollout } from "../rollout/admission/admit.ts";
import { type ClusterState, onlyVersions } from "../rollout/admission/change.ts";
import { endsRollout } from "../rollout/admission/ends-rollout.ts";
import { rollBackInstead } from "../rollout/admission/way-back.ts";
import type { DefaultSources } from "../rollout/plan/layers.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import type { FirstReads } from "./first-reads.ts";
import { gatherEnd } from "./flight.ts";
import { gather } from "./gather.ts";

/** The means to read. */
interface StateNeeds {
  readonly kube: Kube;
  readonly index: RouteIndex;
  /** Reads the sources of the defaults; see readDefaultSources. */
  readonly readSources: () => Promise<DefaultSources | undefined>;
}

/** What the answer to a new template depends on. */
interface State {
  readonly cluster: ClusterState;
  /** Absent: not needed. */
  readonly places?: DefaultSources | undefined;
}

/**
 * Reads as much as the answer depends on: of an undo not even the defaults, and all of it only if a rollout may start. However
 * long the other objects of the namespace are, and whatever is wrong with its defaults: a user must be able to go back.
 */
export async function readState(
  needs: StateNeeds,
  requested: Deployment,
  old: Deployment,
  now: string,
  known: FirstReads,
): Promise<State> {
  const { replicaSets, tooLong } = known.versions;
  const held = holdRecordOf(old);
  if (held !== undefined && endsRollout(requested, held, replicaSets)) {
    const cluster = await gatherEnd(needs, old, held, replicaSets).catch((cause: unknown) => {
      const instead = rollBackInstead(old, held, replicaSets);
      throw instead === undefined ? cause : new Error(`${messageOf(cause)}; ${instead}`, { cause });
    });
    return { cluster };
  }
  const places = known.places ?? (await needs.readSources());
  if (!mayStartRollout(requested, old, replicaSets, now, places))
    return { cluster: onlyVersions(replicaSets), places };
  if (tooLong !== undefined) throw tooLong;
  return {
    cluster: await gather(needs, requested, old, { replicaSets, neighbours: known.neighbours }),
    places,
  };
}
