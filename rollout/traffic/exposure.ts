import type { Match } from "./matches.ts";
import type { RouteShare } from "./route-record.ts";
import type { Sticky } from "./sticky.ts";

/** What the canary gets of the traffic. */
export interface Exposure {
  /** Percent of the requests, by chance. */
  readonly weight: number;
  /** All requests like these. */
  readonly match?: readonly Match[];
  /** Percent of the requests of which it gets a copy. */
  readonly mirror?: number;
  readonly sticky?: Sticky;
}

/** Nothing at all. */
export const NONE: Exposure = { weight: 0 };

/** What a flight gives its canary. */
export function exposureOf({ weight, match, mirror, sticky }: RouteShare): Exposure {
  return {
    weight,
    ...(match && { match }),
    ...(mirror !== undefined && { mirror }),
    ...(sticky && { sticky }),
  };
}

/** Whether the canary gets anything, copies included. */
export function isExposed(share: RouteShare | undefined): boolean {
  return share !== undefined && (share.weight > 0 || share.match !== undefined || share.mirror !== undefined);
}

/** The flight with nothing for its canary, from that instant (RFC 3339) on. */
export function drained({ namespace, canaryServices }: RouteShare, since: string): RouteShare {
  return { namespace, canaryServices: canaryServices, ...NONE, since };
}
