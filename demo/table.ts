import { styleText } from "node:util";
import type { Traffic, View } from "./shop.ts";

const BAR = 30;
const NONE: Traffic = { version: "", rps: 0, share: 0, successRate: undefined };

/** A view's two versions: the one that served before (by default the one that serves most), and the other one. */
interface Sides {
  readonly stable: Traffic;
  readonly canary: Traffic;
}

/** A small table for a terminal: the granted weights, and the traffic that users got. */
export function tableOf(view: View, before?: string): readonly string[] {
  const { stable, canary } = sidesOf(view, before);
  const { weight } = view;
  const header = `        version  weight  share of the requests           requests  success`;
  return [
    "",
    styleText("dim", header),
    row("stable", weight === undefined ? undefined : 100 - weight, stable),
    row("canary", weight, canary),
    "",
    ...(view.report === "" ? [] : [view.report]),
  ];
}

/** The same in one line. */
export function lineOf(view: View, before?: string): string {
  const { stable, canary } = sidesOf(view, before);
  const granted = view.weight === undefined ? "no weight " : `weight ${String(view.weight).padStart(2)}%`;
  return `${granted}   ${brief("stable", stable)}   ${brief("canary", canary)}`;
}

function sidesOf({ traffic }: View, before: string | undefined): Sides {
  const versions = traffic.filter(({ version }) => version !== "").sort((a, b) => b.rps - a.rps);
  const stable = before === undefined ? versions[0] : versions.find(({ version }) => version === before);
  const canary = versions.find((other) => other !== stable);
  return { stable: stable ?? NONE, canary: canary ?? NONE };
}

function row(role: "stable" | "canary", weight: number | undefined, traffic: Traffic): string {
  const { version, share, rps, successRate } = traffic;
  const bar = "█".repeat(Math.round(share * BAR)).padEnd(BAR, "·");
  const rate = percent(successRate).padStart(7);
  return [
    role.padEnd(8),
    version.padEnd(9),
    (weight === undefined ? "–" : `${weight} %`).padStart(6),
    `  ${styleText(role === "stable" ? "green" : "yellow", bar)}`,
    `${rps.toFixed(0)}/s`.padStart(10),
    `  ${(successRate ?? 1) < 0.99 ? styleText("red", rate) : rate}`,
  ].join("");
}

function brief(role: string, { version, rps, successRate }: Traffic): string {
  const rate = `${rps.toFixed(0)}/s`.padStart(6);
  return `${role} ${version.padEnd(3)}${rate} ${percent(successRate).padStart(7)} ok`;
}

function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(share * 100).toFixed(1)} %`;
}
