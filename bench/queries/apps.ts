import type { Backend } from "../../rollout/gateways/metrics/backend.ts";
import type { Pack } from "../../rollout/gateways/metrics/pack.ts";
import type { JudgeInput } from "../../rollout/judge/evidence.ts";
import { compareDefaults } from "../../rollout/plan/compare.ts";

/** One workload with a canary: its own Service and route, ten to a namespace. */
export interface App {
  readonly namespace: string;
  readonly name: string;
  /** Requests a second, of both versions. */
  readonly rps: number;
  /** The median of its latencies, in seconds. */
  readonly median: number;
}

/** The share of the traffic that the canary has. */
export const WEIGHT = 0.1;

/** So many workloads, 10 to 1,000 requests a second, 5 to 500 ms: no two neighbours alike. */
export function appsOf(count: number): readonly App[] {
  return Array.from({ length: count }, (_, i) => ({
    namespace: `team-${Math.floor(i / 10)}`,
    name: `app-${String(i).padStart(4, "0")}`,
    rps: 10 * 100 ** spread(i, 0.618),
    median: 0.005 * 100 ** spread(i, 0.414),
  }));
}

/** The judge's input for such a workload; the canary has had its weight since `from` (ms). */
export function watchOf({ namespace, name }: App, pack: Pack, from: number): JudgeInput {
  const backend = (service: string, index: number, replicaSet: string): Backend => ({
    routeKind: "HTTPRoute",
    ...{ routeNamespace: namespace, route: name, namespace, service, replicaSet },
    refs: [{ rule: 0, backend: index, port: 80 }],
  });
  return {
    uid: `${namespace}/${name}`,
    rollout: new Date(from).toISOString(),
    from,
    sources: [
      {
        pack,
        canary: [backend(`${name}-canary`, 1, `${name}-6c8d7b5f9d`)],
        stable: [backend(name, 0, `${name}-5b7f9c6d4f`)],
      },
    ],
    terms: {
      compare: compareDefaults,
      checks: [
        { metric: "success-rate", op: ">=", limit: 0.99, text: "success-rate >= 99%" },
        { metric: "percentile", quantile: 0.99, op: "<=", limit: 0.5, text: "p99 <= 500ms" },
      ],
      stepFrom: from,
      nextShare: 0.25,
    },
    pods: { canary: [], stable: [] },
    templates: [],
    subject: { namespace, target: name },
    variables: {},
  };
}

/** From 0 to 1, the same every time and spread evenly: multiples of an irrational number. */
function spread(i: number, step: number): number {
  return (i * step) % 1;
}
