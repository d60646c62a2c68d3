import type { PastRollout, RolloutView } from "../rollout/view/view.ts";

/**
 * What the dashboard's server answers and its page reads. All paths are relative to the page, so that they work behind
 * `kubectl port-forward`, `kubectl proxy` and a gateway's path. Times are RFC 3339 in UTC; in series, seconds since 1970.
 *
 *     GET api/rollouts                                 RolloutList
 *     GET api/ended?namespace=NS                       EndedList
 *     GET api/rollouts/NS/NAME                         RolloutDetail
 *     GET api/rollouts/NS/NAME/charts?revision=N       Charts
 *     GET api/stream                                   server-sent events: `rollouts` with a RolloutChanges each
 *     errors                                           ErrorAnswer with the HTTP status
 */

/** What is in flight or asks for a person, and with `all=true` every opted-in Deployment, that the reader may see. */
export interface RolloutList {
  readonly at: string;
  /** What the operator calls this cluster. */
  readonly cluster?: string;
  /** Without pods: the detail has these. */
  readonly rollouts: readonly RolloutView[];
}

/** The views that changed since the last event of the stream, at most once a second; the first event has all. */
export interface RolloutChanges {
  readonly at: string;
  /** True: these are all; the page forgets the others. */
  readonly all: boolean;
  /** What the operator calls this cluster; with events that have all. */
  readonly cluster?: string;
  readonly changed: readonly RolloutView[];
  /** `namespace/name` of what is no longer listed. */
  readonly gone: readonly string[];
}

/** A rollout that ended, from the record of its revision. */
export interface EndedRollout extends PastRollout {
  readonly namespace: string;
  readonly name: string;
}

/** The newest first, at most 500. */
export interface EndedList {
  readonly at: string;
  readonly ended: readonly EndedRollout[];
}

/** One Kubernetes Event of the Deployment. */
export interface RolloutEvent {
  readonly at: string;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly says: string;
  readonly count: number;
}

/** One object that Serin has changed, as two texts in YAML; without `was` the object is Serin's own. */
export interface ChangedObjectText {
  readonly name: string;
  readonly namespace: string;
  readonly was?: string;
  readonly is: string;
}

export interface RolloutDetail {
  readonly view: RolloutView;
  /** The newest revision first. */
  readonly history: readonly PastRollout[];
  /** The newest first, at most 50. */
  readonly events: readonly RolloutEvent[];
  readonly changes: readonly ChangedObjectText[];
  /** Commands that make sense now: `kubectl serin abort web -n shop`. */
  readonly commands: readonly string[];
  /** What could not be read, and why, one sentence each. */
  readonly missing: readonly string[];
}

/** A number at each time of `Charts.times`; null where nothing was counted. */
type Series = readonly (number | null)[];

export interface BothSeries {
  readonly stable: Series;
  readonly canary: Series;
}

/** The curves of one rollout, replayed from Prometheus as the controller judged them. */
export interface Charts {
  readonly revision: string;
  /** Seconds since 1970, ascending: the ends of the ticks. */
  readonly times: readonly number[];
  /** When which weight came into force, in percent. */
  readonly course: readonly { readonly at: number; readonly step: number; readonly weight: number }[];
  /** Percent of all requests so far, with the share that the comparison allows the canary. */
  readonly failed: BothSeries & { readonly allowed: Series };
  /** For each bucket boundary, in seconds: percent of the requests so far that were slower. */
  readonly slow: readonly (BothSeries & { readonly seconds: number; readonly allowed: Series })[];
  /** Natural logarithms of the odds, and their limits. */
  readonly evidence: {
    readonly harm: Series;
    readonly safe: Series;
    readonly harmLimit: number;
    readonly safeLimit: number;
  };
  /** Percent of the requests that the weight grants the canary, and that it got. */
  readonly traffic: { readonly granted: Series; readonly measured: Series };
  /** Requests per second. */
  readonly rate: BothSeries;
  /** Why there are no curves, or only a part: Prometheus keeps less, or is not reachable. */
  readonly says?: string;
}

export interface ErrorAnswer {
  readonly error: string;
}
