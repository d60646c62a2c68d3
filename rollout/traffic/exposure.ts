import type { Match } from "./matches.ts";
import type { RouteShare } from "./route-record.ts";
import type { Sticky } from "./sticky.ts";

/** The canary's part of the traffic. */
export interface Exposure {
  /** Percentage of the requests, drawn by chance. */
  readonly weight: number;
  /** All requests that match. */
  readonly match?: readonly Match[];
  /** Percentage of the requests that are copied to the canary. */
  readonly mirror?: number;
  readonly sticky?: Sticky;
}

/** No traffic. */
export const NONE: Exposure = { weight: 0 };

/** The exposure that a rollout's share in a route gives its canary. */
export function exposureOf({ weight, match, mirror, sticky }: RouteShare): Exposure {
  return {
    weight,
    ...(match && { match }),
    ...(mirror !== undefined && { mirror }),
    ...(sticky && { sticky }),
  };
}

/** Whether the canary gets any traffic, copies included. */
export function isExposed(share: RouteShare | undefined): boolean {
  return share !== undefined && (share.weight > 0 || share.match !== undefined || share.mirror !== undefined);
}

/**
 * The weight that this exposure takes from the share of a rollout, or that was taken from it before. Without a rollout, the weight
 * may have been that of a version before it.
 */
export function takenFrom(
  share: RouteShare | undefined,
  { weight }: Exposure,
  rollout: string | undefined,
): Pick<RouteShare, "had"> {
  if (weight > 0 || share === undefined) return {};
  if (share.weight > 0) return rollout === undefined ? {} : { had: { rollout, weight: share.weight } };
  return share.had === undefined ? {} : { had: share.had };
}

/** The share without traffic for its canary, from this instant (RFC 3339) on. `rollout` had its weight; absent: not known. */
export function drained(share: RouteShare, since: string, rollout?: string): RouteShare {
  const { namespace, canaryServices, unmet, unresolved, settleMs, standby } = share;
  const kept = {
    ...takenFrom(share, NONE, rollout),
    ...(unmet && { unmet }),
    ...(unresolved && { unresolved }),
    ...(settleMs !== undefined && { settleMs }),
    ...(standby && { standby }),
  };
  return { namespace, canaryServices, ...kept, ...NONE, since };
}
