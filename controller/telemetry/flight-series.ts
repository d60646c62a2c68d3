import { setImmediate } from "node:timers/promises";
import { Counter, Gauge, type Registry } from "@prometheus-io/client";
import type { Flight } from "../../rollout/flight/flight.ts";

/** One series of a family: its labels beside namespace and deployment, and its value. */
type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly isCounter?: true;
  /** The series of one rollout. */
  readonly rows: (flight: Flight) => readonly Row[];
}

const VERSIONS = ["canary", "stable"] as const;
const one = (value: number | undefined): readonly Row[] => (value === undefined ? [] : [[{}, value]]);

const families: readonly Family[] = [
  {
    name: "serin_rollout_info",
    help: "1 for each rollout in flight.",
    labels: ["strategy", "revision", "canary", "stable"],
    rows: ({ strategy, revision, canary, stable }) => [[{ strategy, revision, canary, stable }, 1]],
  },
  {
    name: "serin_rollout_phase",
    help: "1 for the present phase of a rollout.",
    labels: ["phase"],
    rows: ({ phase }) => [[{ phase }, 1]],
  },
  {
    name: "serin_rollout_waiting",
    help: "1 while a rollout waits, with what it waits for.",
    labels: ["reason"],
    rows: ({ waiting }) => (waiting === undefined ? [] : [[{ reason: waiting }, 1]]),
  },
  { name: "serin_rollout_step", help: "The present step, from 1.", rows: ({ step }) => one(step) },
  { name: "serin_rollout_steps", help: "The steps of the plan.", rows: ({ steps }) => one(steps) },
  {
    name: "serin_rollout_weight_ratio",
    help: "The canary's granted share of the traffic, from 0 to 1.",
    rows: ({ weight }) => one(weight),
  },
  {
    name: "serin_rollout_started_timestamp_seconds",
    help: "When the rollout began.",
    rows: ({ started }) => one(started / 1_000),
  },
  {
    name: "serin_rollout_step_started_timestamp_seconds",
    help: "When the present step was granted.",
    rows: ({ stepStarted }) => one(stepStarted === undefined ? undefined : stepStarted / 1_000),
  },
  {
    name: "serin_rollout_evidence_nats",
    help: "ln of the evidence for a claim of the judge.",
    labels: ["claim"],
    rows: ({ claims }) => claims.map(({ claim, nats }) => [{ claim }, nats]),
  },
  {
    name: "serin_rollout_evidence_limit_nats",
    help: "ln of the evidence at which the judge decides.",
    labels: ["claim"],
    rows: ({ claims }) => claims.map(({ claim, limit }) => [{ claim }, limit]),
  },
  {
    name: "serin_rollout_requests_total",
    help: "The requests that the judge has counted.",
    labels: ["version"],
    isCounter: true,
    rows: ({ counts }) => (counts ? VERSIONS.map((version) => [{ version }, counts[version].requests]) : []),
  },
  {
    name: "serin_rollout_failed_requests_total",
    help: "The failed requests that the judge has counted.",
    labels: ["version"],
    isCounter: true,
    rows: ({ counts }) => (counts ? VERSIONS.map((version) => [{ version }, counts[version].failed]) : []),
  },
];

/**
 * Adds the series of the rollouts in flight. They are made at each scrape, so that they end with their rollouts. Each
 * family is a slice of its own: between two of them the process does what else is due.
 */
export function registerFlightSeries(registry: Registry, flights: () => readonly Flight[]): void {
  const inTurn = turns();
  for (const { name, help, labels = [], isCounter, rows } of families) {
    const config = {
      name,
      help,
      labelNames: ["namespace", "deployment", ...labels],
      registers: [registry],
      collect: () =>
        inTurn(() => {
          series.reset();
          for (const flight of flights()) {
            const { namespace, deployment } = flight;
            for (const [own, value] of rows(flight)) set({ namespace, deployment, ...own }, value);
          }
        }),
    };
    const series = isCounter ? new Counter(config) : new Gauge(config);
    const set = (own: Record<string, string>, value: number) =>
      series instanceof Counter ? series.inc(own, value) : series.set(own, value);
  }
}

/** Runs pieces of work one after the other, and lets the event loop turn before each. */
function turns(): (work: () => void) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(() => setImmediate()).then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
