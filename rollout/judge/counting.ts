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
  /** Whether the routes with the canary Service are in force: a gateway may count a rule with two backends in another way. */
  readonly attached: boolean;
  /** The provider whose Prometheus has the counters; absent: the controller's own. */
  readonly prometheus?: string;
}

/**
 * What is known about it:
 * - `asking`: Prometheus has not answered yet;
 * - `unknown`: Prometheus does not answer, or has only others' series of the gateways' counters;
 * - `uncounted`: Prometheus answers, and has no series of any gateway's counters, whatever their backend;
 * - `divided`: the stable version has series of its own;
 * - `undivided`: a gateway counts requests of the stable version, but only together with those of the canary.
 */
export type Counting =
  | { readonly kind: "asking" }
  | {
      readonly kind: "unknown" | "divided";
      /** The counters of which Prometheus has no series, while it has those of another gateway or kind of route. */
      readonly uncounted?: string;
    }
  | { readonly kind: "undivided" | "uncounted"; readonly reason: string };
