import type { RouteKind } from "../../kube/core/routes.ts";
import type { CallCounter, Pack } from "./metrics/pack.ts";

/** What a verdict is about; `calls` are the errors of gRPC. */
export type ReadVia = "errors" | "latency" | "calls";

/** How a gateway's metrics tell canary and stable apart. */
interface GatewayMetrics {
  readonly pack: Pack;
  /** What the gateway's users must set, or bear with, for a verdict about … */
  readonly needs?: Readonly<Partial<Record<ReadVia, string>>>;
  /** Why the metrics cannot count for routes of a kind: the application's own count there. */
  readonly unusable?: Readonly<Partial<Record<RouteKind, string>>>;
  /** For the documentation: the counter that tells the statuses of gRPC calls. */
  readonly calls?: CallCounter;
}

/** A part of a route that a strategy needs and not every implementation has. */
export type Feature = "mirror" | "mirror-percent" | "backend-filters" | "expressions" | "query-parameters";

/** All that Serin knows of one Gateway API implementation. */
export interface Gateway {
  readonly name: string;
  /** The domains of the `controllerName` that it writes into a route's status: most let users set the path after it. */
  readonly controllers: readonly string[];
  /**
   * How long after the route's status is current the traffic may still follow the old weights, in ms. No condition of
   * the Gateway API says that a data plane has applied a change.
   */
  readonly settleMs: number;
  readonly metrics: GatewayMetrics;
  /** What it does instead: admission refuses a plan that needs this. To be read after its name. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /** Where it may differ: admission warns of a plan that needs this. */
  readonly doubts?: Readonly<Partial<Record<Feature, string>>>;
}
