import type { SourceObject } from "../../../migrate/conversion.ts";

/** A Rollout of `shop` with this strategy. */
export function rollout(strategy: object, more: object = {}): SourceObject {
  const workloadRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "web", namespace: "shop" },
    spec: { workloadRef, strategy, ...more },
  };
}

/** The AnalysisTemplate `checks` of `shop`. */
export function template(metrics: readonly object[], more: object = {}): SourceObject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AnalysisTemplate",
    metadata: { name: "checks", namespace: "shop" },
    spec: { metrics, ...more },
  };
}

/** A metric's provider: a query to Prometheus. */
export const prometheus = (query: string) => ({
  prometheus: { address: "http://prometheus.monitoring:9090", query },
});
/** The strategy `canary`. */
export const canary = (steps: readonly object[], more: object = {}) => ({ canary: { steps, ...more } });
/** An analysis by the template `checks`. */
export const analysis = { templates: [{ templateName: "checks" }] };
