import type { Prometheus } from "../../evidence/prometheus.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { ProviderError } from "../../providers/provider.ts";
import { gatewayOf } from "../../rollout/gateways/lookup.ts";
import type { Finding } from "../lint/finding.ts";
import type { GatewayClass } from "./findings.ts";

/** Whether Prometheus has any request counters of the gateways. Without one, no canary behind the gateway gets a weight. */
export async function aboutCounters(
  classes: readonly GatewayClass[],
  prometheus: Pick<Prometheus, "over">,
  now: number,
): Promise<readonly Finding[]> {
  const counted = classes.flatMap(({ name, controller }) => {
    const { metrics, name: gateway } = gatewayOf(controller) ?? {};
    if (metrics === undefined || metrics.unusable?.HTTPRoute !== undefined) return [];
    return [{ where: `gatewayclass/${name}`, gateway, query: metrics.pack.all([]) }];
  });
  return Promise.all(
    counted.map(async ({ where, gateway, query }): Promise<Finding> => {
      try {
        const found = await prometheus.over(query, { from: now, to: now, stepMs: 1_000 });
        if (found.size > 0)
          return { kind: "good", where, says: `Prometheus has ${gateway}'s request counters` };
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        return { kind: "warning", where, says: `its counters were not checked: ${messageOf(error)}` };
      }
      const says = `Prometheus has no request counter of ${gateway} (${query} is empty), so no canary gets a weight behind it; let Prometheus scrape it, or send a first request`;
      return { kind: "warning", where, says };
    }),
  );
}
