import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import type { Clock } from "../../kube/core/clock.ts";
import { SECONDS } from "../../telemetry/buckets.ts";
import { registerFlaggerSeries } from "./flagger-series.ts";
import { registerFlightSeries } from "./flight-series.ts";
import { type CounterLabels, Flights } from "./flights.ts";
import { NoticeSeries } from "./notice-series.ts";

/** What the controller counts, and how. */
export interface TelemetryOptions {
  readonly registry: Registry;
  readonly clock: Pick<Clock, "now">;
  readonly labels: CounterLabels;
  /** Adds Flagger's metrics. */
  readonly flagger: boolean;
}

/** The controller's metrics. The gauges of work are 0 in a replica that does not lead. */
export class Telemetry {
  readonly flights: Flights;
  readonly notices: NoticeSeries;
  readonly #leader: Gauge<string>;
  readonly #clock: Pick<Clock, "now">;
  readonly #reconciles: Histogram<string>;
  readonly #waits: Histogram<string>;
  readonly #hooks: Histogram<string>;
  readonly #queries: Counter<string>;
  readonly #queryTimes: Histogram<string>;
  #depth = () => 0;

  constructor({ registry, clock, labels, flagger }: TelemetryOptions) {
    const registers = [registry];
    this.#clock = clock;
    this.flights = new Flights(registry, labels, clock);
    this.notices = new NoticeSeries(registry);
    const inFlight = () => this.flights.all();
    registerFlightSeries(registry, inFlight);
    if (flagger) registerFlaggerSeries(registry, inFlight);
    const histogram = (name: string, help: string, ...labelNames: string[]) =>
      new Histogram({ name, help, labelNames, buckets: SECONDS, registers });
    this.#leader = new Gauge({ name: "serin_leader", help: "1 in the replica that leads.", registers });
    const depth = () => this.#depth();
    const lag = () => this.#lagSeconds();
    new Gauge({
      name: "serin_queue_depth",
      help: "Rollouts that wait for their turn.",
      registers,
      collect() {
        this.set(depth());
      },
    });
    new Gauge({
      name: "serin_tick_lag_seconds",
      help: "The age of the newest counts of the rollout whose counts are the oldest.",
      registers,
      collect() {
        this.set(lag());
      },
    });
    this.#waits = histogram("serin_queue_wait_seconds", "How long rollouts waited for their turn.");
    this.#reconciles = histogram(
      "serin_reconcile_duration_seconds",
      "The time of the work on one rollout.",
      "result",
    );
    this.#hooks = histogram("serin_hook_duration_seconds", "The time of calls of hooks.", "type", "result");
    this.#queryTimes = histogram(
      "serin_source_query_duration_seconds",
      "The time of queries of metrics.",
      "source",
    );
    this.#queries = new Counter({
      name: "serin_source_queries_total",
      help: "Queries of metrics, by provider and result.",
      labelNames: ["source", "result"],
      registers,
    });
  }

  /** Notes whether this replica leads. */
  leads(isLeader: boolean): void {
    this.#leader.set(isLeader ? 1 : 0);
    if (isLeader) return;
    this.flights.clear();
    this.#depth = () => 0;
  }

  /** Asks this queue for its depth from now on. */
  follow(depth: () => number): void {
    this.#depth = depth;
  }

  /** Notes how long (ms) a rollout waited for its turn. */
  began(waitedMs: number): void {
    this.#waits.observe(waitedMs / 1_000);
  }

  /** Times the work on one rollout. */
  async reconcile<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#clock.now();
    const settle = (result: "done" | "failed") =>
      this.#reconciles.observe({ result }, (this.#clock.now() - began) / 1_000);
    return work().then(
      (value) => {
        settle("done");
        return value;
      },
      (error) => {
        settle("failed");
        throw error;
      },
    );
  }

  /** Notes the answer of a hook. */
  called(type: string, result: "yes" | "no" | "none", tookMs: number): void {
    this.#hooks.observe({ type, result }, tookMs / 1_000);
  }

  /** Counts a query of this provider. The name must be one of few: `sourceNames` bounds what tenants write. */
  async query<T>(source: string, ask: () => Promise<T>): Promise<T> {
    const began = this.#clock.now();
    let result = "failed";
    try {
      const answer = await ask();
      result = "answered";
      return answer;
    } finally {
      this.#queries.inc({ source, result });
      this.#queryTimes.observe({ source }, (this.#clock.now() - began) / 1_000);
    }
  }

  #lagSeconds(): number {
    const newest = this.flights.all().flatMap(({ judgedAt }) => judgedAt ?? []);
    return newest.length === 0 ? 0 : Math.max(0, this.#clock.now() - Math.min(...newest)) / 1_000;
  }
}
