import type { RouteKind } from "../../kube/core/routes.ts";
import type { CallCounter, Pack } from "./metrics/pack.ts";

/** The subject of a verdict; `calls` are the errors of gRPC. */
export type ReadVia = "errors" | "latency" | "calls";

/** The metrics of a gateway that distinguish canary and stable version. */
interface GatewayMetrics {
  readonly pack: Pack;
  /** The counters of the gateway's Envoy and what they need, if `pack` reads others. `serin.dev/metrics: envoy` chooses them. */
  readonly envoy?: { readonly pack: Pack; readonly needs: string };
  /** The settings or the limits of a verdict about each subject. */
  readonly needs?: Readonly<Partial<Record<ReadVia, string>>>;
  /** Why Serin cannot use the metrics for routes of a kind. It uses the application's metrics there. */
  readonly unusable?: Readonly<Partial<Record<RouteKind, string>>>;
  /** For the documentation: the counter of gRPC calls by status. */
  readonly calls?: CallCounter;
}

/** A part of a route that a strategy needs and not every implementation has. */
export type Feature = "mirror" | "mirror-percent" | "backend-filters" | "expressions" | "query-parameters";

/** The properties of one Gateway API implementation. */
export interface Gateway {
  readonly name: string;
  /** The domains of the `controllerName` that it writes into a route's status: most let users set the path after it. */
  readonly controllers: readonly string[];
  /**
   * How long after the route's status is current the traffic may still follow the old weights, in ms. No condition of
   * the Gateway API says that a data plane has applied a change.
   */
  readonly settleMs: number;
  /** The kind whose status it writes where an HTTPRoute and a GRPCRoute share a name; it writes both if this is unset. */
  readonly sharedNameStatus?: RouteKind;
  /**
   * It forgets a Service's endpoints while no rule gives the Service a weight, and answers with errors until it knows them
   * again: Serin adds a rule that keeps them known. Absent: it forgets none.
   */
  readonly forgets?: true;
  readonly metrics: GatewayMetrics;
  /** The reason why admission refuses every plan: a predicate after the name. */
  readonly refuses?: string;
  /** The reason why admission refuses a plan that needs the feature: a predicate after the name. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /** The difference of which admission warns if a plan needs the feature: a predicate after the name. */
  readonly doubts?: Readonly<Partial<Record<Feature, string>>>;
}
