import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import type { Clock } from "../kube/core/clock.ts";
import { SECONDS } from "../telemetry/buckets.ts";
import { Busy } from "./busy.ts";
import type { Admit } from "./server.ts";

type Answer = "allowed" | "changed" | "refused" | "busy" | "failed";

/** What the webhook counts of itself. */
export interface WebhookTelemetry {
  /** The same decision, counted and timed under this name. */
  counted<T>(webhook: string, admit: Admit<T>): Admit<T>;
  /** Notes when (ms) the served certificate expires. */
  expires(at: number): void;
}

/** The webhook's metrics in this registry. */
export function webhookTelemetry(registry: Registry, clock: Pick<Clock, "now">): WebhookTelemetry {
  const registers = [registry];
  const admissions = new Counter({
    name: "serin_admissions_total",
    help: "Admission requests by their answer; busy: sent away for some seconds; failed: Serin could not decide, and refused.",
    labelNames: ["webhook", "answer"],
    registers,
  });
  const durations = new Histogram({
    name: "serin_admission_duration_seconds",
    help: "The time until admission had decided.",
    labelNames: ["webhook"],
    buckets: SECONDS,
    registers,
  });
  const expiry = new Gauge({
    name: "serin_certificate_expiry_timestamp_seconds",
    help: "When the serving certificate expires.",
    // Without a certificate there is no instant, and 0 would look like 1970.
    labelNames: ["component"],
    registers,
  });
  return {
    counted: (webhook, admit) => async (request) => {
      const began = clock.now();
      let answer: Answer = "failed";
      try {
        const response = await admit(request);
        answer = !response.allowed ? "refused" : response.object === undefined ? "allowed" : "changed";
        return response;
      } catch (error) {
        if (error instanceof Busy) answer = "busy";
        throw error;
      } finally {
        admissions.inc({ webhook, answer });
        durations.observe({ webhook }, (clock.now() - began) / 1_000);
      }
    },
    expires: (at) => expiry.set({ component: "webhook" }, at / 1_000),
  };
}
