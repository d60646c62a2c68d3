import { Gauge, type Registry } from "@prometheus-io/client";
import type { Flight } from "../../rollout/flight/flight.ts";

/** Flagger's numbers of a canary's status. */
const STATUS = { running: 0, promoted: 1, failed: 2 } as const;

/**
 * Adds the two gauges that dashboards of Flagger read (its metrics/recorder.go), for the rollouts in flight. The stable
 * version has the name of Flagger's primary.
 */
export function registerFlaggerSeries(registry: Registry, flights: () => readonly Flight[]): void {
  const registers = [registry];
  const status = new Gauge({
    name: "flagger_canary_status",
    help: "0 while a canary runs, 1 when it was promoted, 2 when it failed.",
    labelNames: ["name", "namespace"],
    registers,
    collect() {
      status.reset();
      for (const { namespace, deployment: name, phase } of flights()) {
        const value = phase === "failed" || phase === "undone" ? "failed" : "running";
        status.set({ name, namespace }, phase === "promoting" ? STATUS.promoted : STATUS[value]);
      }
    },
  });
  const weight = new Gauge({
    name: "flagger_canary_weight",
    help: "The share of the traffic in percent.",
    labelNames: ["workload", "namespace"],
    registers,
    collect() {
      weight.reset();
      for (const flight of flights()) {
        const { namespace, deployment } = flight;
        weight.set({ workload: deployment, namespace }, flight.weight * 100);
        weight.set({ workload: `${deployment}-primary`, namespace }, 100 - flight.weight * 100);
      }
    },
  });
}
