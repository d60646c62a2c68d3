import type { Counted } from "./evidence.ts";

/** The question whether the gateways of a rollout count its versions apart. */
export interface CountingQuestion {
  /** The Deployment's UID. */
  readonly uid: string;
  /** The Deployment. */
  readonly namespace: string;
  readonly name: string;
  /** The record's `started`. */
  readonly rollout: string;
  /** The stable version's backends, for each kind of gateway and of route. */
  readonly sources: readonly Pick<Counted, "pack" | "stable">[];
  /** The provider whose Prometheus has the counters; absent: the controller's own. */
  readonly prometheus?: string;
}

/**
 * What is known about it:
 * - `asking`: Prometheus has not answered yet;
 * - `unknown`: Prometheus does not answer, or has only others' series of the gateway's counters;
 * - `uncounted`: Prometheus answers, and has no series of the gateway's counters, whatever their backend;
 * - `divided`: the stable version has series of its own;
 * - `undivided`: the gateway counts requests of the stable version, but only together with those of the canary.
 */
export type Counting =
  | { readonly kind: "asking" | "unknown" | "divided" }
  | { readonly kind: "undivided" | "uncounted"; readonly reason: string };
