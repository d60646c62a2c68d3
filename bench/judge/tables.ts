import { median, quantile } from "../statistics.ts";
import { TICKS_A_MINUTE } from "./streams.ts";
import type { Alarm, Trials } from "./trial.ts";
import type { End } from "./walk.ts";

/** A Markdown table: its head, then its rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const line = head.map((_, i) => (i < left ? "---" : "--:"));
  return [head, line, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A whole number for people. */
export function grouped(value: number): string {
  return value.toLocaleString("en");
}

/** How many of the rollouts each judge rolled back: "Serin · gate". */
export function shares({ runs, serin, gate }: Trials): string {
  return `${share(serin.length, runs)} · ${share(gate.length, runs)}`;
}

/** A share in percent; 0 and 100 mean none and all. */
export function share(count: number, runs: number): string {
  const percent = (100 * count) / runs;
  if (count === 0 || count === runs) return `${percent} %`;
  return `${percent.toFixed(percent < 10 || percent > 99 ? 2 : 0)} %`;
}

/** The largest true share that still gives so few with a chance of 2.5 % (Wilson's interval), in percent. */
export function atMost(count: number, runs: number): number {
  const z = 1.96;
  const [p, q] = [count / runs, z ** 2 / runs];
  return (100 * (p + q / 2 + z * Math.sqrt((p * (1 - p)) / runs + q / (4 * runs)))) / (1 + q);
}

/** Median and 90th percentile of the time in minutes, median of the bad requests, and the share that was found. */
export function found(alarms: readonly Alarm[], runs: number): string[] {
  const minutes = timesOf(alarms, runs);
  const spoilt = alarms.map(({ bad }) => bad);
  const half = alarms.length * 2 > runs;
  return [
    `${time(median(minutes))} (${time(quantile(minutes, 0.9))})`,
    half ? grouped(median([...spoilt, ...missing(alarms, runs)])) : "–",
    share(alarms.length, runs),
  ];
}

/** How rollouts ended, and the median and 90th percentile of the minutes until they were verified. */
export function ends(all: readonly End[]): string[] {
  const of = (kind: End["kind"]) => all.filter((end) => end.kind === kind);
  const verified = of("verified").map(({ seconds }) => seconds / 60);
  return [
    verified.length === 0 ? "–" : `${time(median(verified))} (${time(quantile(verified, 0.9))})`,
    share(verified.length, all.length),
    share(of("rolled back").length, all.length),
    share(of("unsure").length, all.length),
  ];
}

/** A rollout that was not found counts as infinitely late. */
function timesOf(alarms: readonly Alarm[], runs: number): number[] {
  return [...alarms.map(({ tick }) => tick / TICKS_A_MINUTE), ...missing(alarms, runs)];
}

function missing(alarms: readonly Alarm[], runs: number): number[] {
  return Array.from({ length: runs - alarms.length }, () => Number.POSITIVE_INFINITY);
}

function time(minutes: number): string {
  if (!Number.isFinite(minutes)) return "> 60";
  return minutes < 10 ? minutes.toFixed(1) : minutes.toFixed(0);
}
