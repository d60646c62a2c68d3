import { application } from "../../../../../rollout/gateways/metrics/application.ts";
import type { Pack } from "../../../../../rollout/gateways/metrics/pack.ts";
import { gateways } from "../../../../../rollout/gateways/registry.ts";

/** A gateway's file, the Envoy of one that a plan may choose, or the application's own metrics. */
export type PackName = keyof typeof gateways | "istio's envoy" | "application";

/** The metrics of every gateway, those that a plan may choose, and the application's own. */
export const packs = {
  application,
  "istio's envoy": gateways.istio.metrics.envoy?.pack,
  ...Object.fromEntries(Object.entries(gateways).map(([name, { metrics }]) => [name, metrics.pack])),
} as Readonly<Record<PackName, Pack>>;
