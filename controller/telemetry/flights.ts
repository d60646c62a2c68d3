import { Counter, Histogram, type Registry } from "@prometheus-io/client";
import type { Clock } from "../../kube/core/clock.ts";
import type { Write } from "../../kube/core/writes.ts";
import { endIn, type FlightEnd } from "../../rollout/flight/end.ts";
import { type Flight, flightOf } from "../../rollout/flight/flight.ts";
import type { Decision } from "../../rollout/stages/decision.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";

const ENDS: readonly FlightEnd[] = ["promoted", "failed", "undone", "superseded"];
/** From 30 s to a day, in seconds. */
const LONG = [30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/** Whether counters name the Deployment of a rollout, or only its namespace. */
export type CounterLabels = "deployment" | "namespace";

interface Entry {
  flight: Flight;
  notedAt: number;
  /** How long (ms) the rollout has waited for a person, as far as this process has seen. */
  waitedMs: number;
  end: FlightEnd | undefined;
}

/**
 * The rollouts in flight as they were last decided on, and counters of their starts and ends. An entry ends with its
 * rollout, so its series do too. After a restart, the counters begin at 0, as Prometheus expects.
 */
export class Flights {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Pick<Clock, "now">;
  readonly #labels: CounterLabels;
  readonly #started: Counter<string>;
  readonly #ended: Counter<string>;
  readonly #duration: Histogram<string>;
  readonly #waited: Histogram<string>;

  constructor(registry: Registry, labels: CounterLabels, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#labels = labels;
    const registers = [registry];
    const named = labels === "deployment" ? ["namespace", "deployment"] : ["namespace"];
    this.#started = new Counter({
      name: "serin_rollouts_started_total",
      help: "Rollouts that began.",
      labelNames: [...named, "strategy"],
      registers,
    });
    this.#ended = new Counter({
      name: "serin_rollouts_ended_total",
      help: "Rollouts that ended, by their outcome.",
      labelNames: [...named, "strategy", "outcome"],
      registers,
    });
    const labelNames = ["outcome"];
    this.#duration = new Histogram({
      name: "serin_rollout_duration_seconds",
      help: "The time from a new version to the end of its rollout.",
      labelNames,
      buckets: LONG,
      registers,
    });
    this.#waited = new Histogram({
      name: "serin_rollout_waited_seconds",
      help: "How long rollouts waited for a person.",
      labelNames,
      buckets: LONG,
      registers,
    });
    // rate() misses the first end if its series begins with it.
    for (const outcome of ENDS) {
      this.#duration.zero({ outcome });
      this.#waited.zero({ outcome });
    }
  }

  /** All rollouts in flight. */
  all(): readonly Flight[] {
    return [...this.#entries.values()].map(({ flight }) => flight);
  }

  /** Notes where the rollout of that Deployment stands after a decision. */
  note(snapshot: Snapshot, { condition }: Pick<Decision, "condition">): void {
    const now = this.#clock.now();
    const flight = flightOf(snapshot, condition);
    const before = this.#entries.get(snapshot.uid);
    if (before?.flight.rollout === flight.rollout) {
      this.#wait(before, now);
      before.flight = flight;
      return;
    }
    if (before !== undefined) this.#end(before, "superseded", now);
    this.#entries.set(snapshot.uid, { flight, notedAt: now, waitedMs: 0, end: undefined });
    const labels = this.#labelsOf(flight);
    // increase() misses the first end if its series begins with it.
    for (const outcome of ENDS) this.#ended.inc({ ...labels, outcome }, 0);
    // A rollout with a record began before this process led.
    this.#started.inc(labels, snapshot.run === undefined && snapshot.held.phase === "canary" ? 1 : 0);
  }

  /** Counts the end that these writes, which Serin has sent, report. */
  wrote(snapshot: Snapshot, writes: readonly Write[]): void {
    const entry = this.#entries.get(snapshot.uid);
    const end = endIn(snapshot, writes);
    if (entry !== undefined && end !== undefined) this.#end(entry, end, this.#clock.now());
  }

  /** Ends the series of that Deployment's rollout. */
  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  /** Ends all series of rollouts in flight: another replica leads. */
  clear(): void {
    this.#entries.clear();
  }

  #wait(entry: Entry, now: number): void {
    if (entry.flight.waiting === "person") entry.waitedMs += now - entry.notedAt;
    entry.notedAt = now;
  }

  #end(entry: Entry, outcome: FlightEnd, now: number): void {
    if (entry.end !== undefined) return;
    entry.end = outcome;
    this.#wait(entry, now);
    this.#ended.inc({ ...this.#labelsOf(entry.flight), outcome });
    this.#duration.observe({ outcome }, Math.max(0, now - entry.flight.started) / 1_000);
    this.#waited.observe({ outcome }, entry.waitedMs / 1_000);
  }

  #labelsOf({ namespace, deployment, strategy }: Flight) {
    return this.#labels === "deployment" ? { namespace, deployment, strategy } : { namespace, strategy };
  }
}
