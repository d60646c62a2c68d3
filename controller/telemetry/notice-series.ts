import { Counter, Histogram, type Registry } from "@prometheus-io/client";
import { SECONDS } from "../../telemetry/buckets.ts";

/** Counts what became of notices, by receiver: administrators name those, so their number is bounded. */
export class NoticeSeries {
  readonly #notices: Counter<string>;
  readonly #durations: Histogram<string>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#notices = new Counter({
      name: "serin_notifications_total",
      help: "Notices to receivers: sent, to be tried again, or given up.",
      labelNames: ["receiver", "result"],
      registers,
    });
    this.#durations = new Histogram({
      name: "serin_notification_duration_seconds",
      help: "The time of requests to receivers.",
      labelNames: ["receiver"],
      buckets: SECONDS,
      registers,
    });
  }

  /** Notes a request to a receiver, and how many notices it had; without a time, none was made. */
  tried(receiver: string, result: "sent" | "retried" | "given_up", tookMs: number, notices: number): void {
    // increase() misses the first failure if its series begins with it.
    for (const one of ["sent", "retried", "given_up"] as const)
      this.#notices.inc({ receiver, result: one }, one === result ? notices : 0);
    if (tookMs > 0) this.#durations.observe({ receiver }, tookMs / 1_000);
  }
}
