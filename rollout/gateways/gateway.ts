import type { PackName } from "./packs.ts";

/** What a verdict is about; `calls` are the errors of gRPC. */
export type ReadVia = "errors" | "latency" | "calls";

/** Whose metrics tell canary and stable apart behind a gateway. */
export type Metrics =
  | {
      readonly pack: Exclude<PackName, "application">;
      /** What the gateway's users must set, or bear with, for a verdict about … */
      readonly needs?: Readonly<Partial<Record<ReadVia, string>>>;
      /** Why they do not tell which calls of gRPC failed, where they do not. */
      readonly blindToCalls?: string;
    }
  | {
      readonly pack: "application";
      /** Why the gateway's own will not do. */
      readonly because: string;
    };

/** A part of a route that a strategy needs and not every implementation has. */
export type Feature = "mirror" | "mirror-percent" | "backend-filters" | "expressions" | "query-parameters";

/** What Serin must know of a Gateway API implementation. */
export interface Gateway {
  readonly name: string;
  /**
   * How long after the route's status is current the traffic may still follow the old weights, in ms. No condition of
   * the Gateway API says that a data plane has applied a change.
   */
  readonly settleMs: number;
  readonly metrics: Metrics;
  /** What it would do instead: a plan that needs this is refused. To be read after its name. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /** Where it may differ: a plan that needs this is warned. */
  readonly doubts?: Readonly<Partial<Record<Feature, string>>>;
}
