import { application } from "../../../../../rollout/gateways/metrics/application.ts";
import type { Pack } from "../../../../../rollout/gateways/metrics/pack.ts";
import { gateways } from "../../../../../rollout/gateways/registry.ts";

/** A gateway's file, or the application's own metrics. */
export type PackName = keyof typeof gateways | "application";

/** The metrics of every gateway, and the application's own. */
export const packs = {
  application,
  ...Object.fromEntries(Object.entries(gateways).map(([name, { metrics }]) => [name, metrics.pack])),
} as Readonly<Record<PackName, Pack>>;
