import type { Part } from "../processes.ts";
import { type Crowd, nameOf } from "./crowd.ts";
import type { IndexCost } from "./index-costs.ts";
import type { UpdateCosts } from "./updates.ts";

/** The costs among such a crowd. */
export interface Row extends UpdateCosts {
  readonly crowd: Crowd;
}

/** The Markdown table of the updates. `limits` are in MiB. */
export function routesTableOf(rows: readonly Row[], limits: Readonly<Record<Part, number>>): string {
  const memory = (part: Part) => `${part}, most memory (limit ${limits[part]} MiB)`;
  const head = ["among", "ready after", "admission, p50", "p99", memory("webhook"), memory("controller")];
  const lines = rows.map(({ crowd, readyMs, p50Ms, p99Ms, footprints: { webhook, controller } }) => [
    nameOf(crowd),
    `${Math.round(readyMs / 1_000)} s`,
    `${Math.round(p50Ms)} ms`,
    `${Math.round(p99Ms)} ms`,
    `${Math.round(webhook.peakMiB)} MiB`,
    `${Math.round(controller.peakMiB)} MiB`,
    `${Math.round(webhook.readMiB)} MiB`,
    `${Math.round(controller.readMiB)} MiB`,
  ]);
  return tableOf([...head, "webhook, read", "controller, read"], lines);
}

/** The Markdown table of the index. */
export function indexTableOf(costs: readonly IndexCost[]): string {
  const lines = costs.map(({ routes, bytes, readMs }) => [
    routes.toLocaleString("en"),
    `${Math.round(bytes / 1_024 ** 2)} MiB`,
    `${(bytes / routes / 1_024).toFixed(1)} KiB`,
    `${(readMs / 1_000).toFixed(1)} s`,
  ]);
  return tableOf(["routes", "index", "for a route", "read in"], lines);
}

function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map((_cell, i) => (i === 0 ? "---" : "--:"));
  return [head, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
