import type { Log } from "../kube/core/log.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Prometheus } from "./prometheus.ts";

/**
 * Asks Prometheus once, at the start, and logs whether it answers: without it every rollout holds, and nobody should learn that
 * from the first one. It does not count for readiness: without Prometheus, the controller still rolls back by the pods' health.
 */
export async function reportPrometheus(
  prometheus: Pick<Prometheus, "over">,
  now: number,
  log: Log,
): Promise<void> {
  try {
    await prometheus.over("vector(1)", { from: now, to: now, stepMs: 1_000 });
    log.info({}, "Prometheus answers");
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    log.error({ err: error }, "Prometheus does not answer: every comparison and check of requests will hold");
  }
}
