import type { Match } from "./matches.ts";
import type { Flight } from "./route-record.ts";
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
export function exposureOf({ weight, match, mirror, sticky }: Flight): Exposure {
  return {
    weight,
    ...(match && { match }),
    ...(mirror !== undefined && { mirror }),
    ...(sticky && { sticky }),
  };
}

/** Whether the canary gets anything, copies included. */
export function isExposed(flight: Flight | undefined): boolean {
  return (
    flight !== undefined && (flight.weight > 0 || flight.match !== undefined || flight.mirror !== undefined)
  );
}

/** The flight with nothing for its canary, from that instant (RFC 3339) on. */
export function drained({ namespace, twins }: Flight, since: string): Flight {
  return { namespace, twins, ...NONE, since };
}
