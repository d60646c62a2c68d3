import { styleText } from "node:util";
import type { Traffic, View } from "./shop.ts";

const BAR = 30;
const NOBODY: Traffic = { version: "", rps: 0, successRate: undefined };

/** The view as a small table for a terminal, and as one line for a pipe. `before` is the version that was stable. */
export function tableOf(view: View, before?: string): [table: readonly string[], line: string] {
  const { weight = 0, says } = view;
  const versions = [...view.traffic].filter(({ version }) => version !== "").sort((a, b) => b.rps - a.rps);
  const stable =
    versions.find(({ version }) => version === before) ?? (before === undefined ? versions[0] : undefined);
  const canary = versions.find((traffic) => traffic !== stable);
  const told = says === undefined ? "" : `${says.reason}: ${says.message}`;
  const rows = [row("stable", 100 - weight, stable ?? NOBODY), row("canary", weight, canary ?? NOBODY)];
  const table = [
    "",
    styleText(
      "dim",
      `${" ".repeat(8)}${"version".padEnd(9)}${"weight".padStart(6)}  ${" ".repeat(BAR)}  requests  success`,
    ),
    ...rows,
    "",
    told,
  ];
  return [
    table,
    `${brief("canary", weight, canary ?? NOBODY)}   ${brief("stable", 100 - weight, stable ?? NOBODY)}   ${told}`,
  ];
}

function row(role: "stable" | "canary", weight: number, traffic: Traffic): string {
  const colour = role === "stable" ? "green" : "yellow";
  const bar = styleText(colour, "█".repeat(Math.round((weight * BAR) / 100)).padEnd(BAR, "·"));
  const rate = percent(traffic.successRate).padStart(7);
  const success = (traffic.successRate ?? 1) < 0.99 ? styleText("red", rate) : rate;
  return `${role.padEnd(8)}${traffic.version.padEnd(9)}${`${weight} %`.padStart(6)}  ${bar}  ${rateOf(traffic)}  ${success}`;
}

function brief(role: string, weight: number, traffic: Traffic): string {
  return `${role} ${traffic.version.padEnd(3)}${`${weight} %`.padStart(6)}${rateOf(traffic)} ${percent(traffic.successRate).padStart(7)}`;
}

function rateOf({ rps }: Traffic): string {
  return `${rps.toFixed(0)}/s`.padStart(8);
}

function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(share * 100).toFixed(1)} %`;
}
