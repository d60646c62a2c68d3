import { LAG_MS } from "../../evidence/grid.ts";
import { quantile } from "../statistics.ts";
import type { Period, ScaleFindings, ScaleSize } from "./run.ts";

/** The findings as a Markdown table, with lists of the requests. */
export function scaleTableOf(size: ScaleSize, findings: ScaleFindings): string {
  const { rest, starting, steady, answers, badMs, failoverMs, read } = findings;
  const late = steady.ticks.map(({ instant, answered }) => answered - instant - LAG_MS);
  const rows: readonly (readonly [figure: string, value: string, goal: string])[] = [
    ["at rest: requests to the API server a minute", perMinute(rest), "0"],
    ["at rest: CPU of all processes, % of a core", cores(rest), "< 1"],
    ["at rest: memory of all processes, MiB", memory(rest), ""],
    ["at rest: of that, without the pages of node's program, MiB", rounded(ownMiBOf(rest)), ""],
    ["update until it is stored: p50, ms", rounded(quantile(answers.ms, 0.5)), ""],
    ["update until it is stored: p99, ms", rounded(quantile(answers.ms, 0.99)), "< 250"],
    ["answers that sent an update away for some seconds", String(answers.sentAway), ""],
    ["answers that refused an update otherwise", String(answers.refused), "0"],
    ["until every canary has had a weight, s", rounded(starting.seconds), ""],
    ["beginning: CPU of all processes, % of a core", cores(starting), ""],
    ["beginning: CPU time a rollout, ms", rounded((cpuOf(starting) * 1_000) / size.flight), ""],
    ["beginning: requests a rollout", rounded(starting.requests.count.work / size.flight), ""],
    ["in flight: CPU of all processes, % of a core", cores(steady), "< 100"],
    ["in flight: CPU of the busiest controller, % of a core", cores(steady, "controller"), ""],
    ["in flight: memory of all processes, MiB", memory(steady), "< 512"],
    ["in flight: of that, without the pages of node's program, MiB", rounded(ownMiBOf(steady)), ""],
    ["in flight: with these pages counted once, as on one node, MiB", onceMemory(steady), ""],
    ["in flight: memory of the largest process, MiB", largest(steady), ""],
    ["in flight: requests a second", rounded(steady.requests.count.work / steady.seconds), ""],
    ["a tick's counters are read, after they have arrived: p95, ms", rounded(quantile(late, 0.95)), "< 1000"],
    ["ticks skipped", `${steady.skipped} of ${steady.ticks.length + steady.skipped}`, "0"],
    ["the bad canary: from its first weight to 0, s", seconds(badMs), "< 10"],
    ["fail-over: from the death until all counters are read again, s", seconds(failoverMs), "< 15"],
  ];
  return [
    `${size.rest} Deployments, ${size.flight} rollouts (10/25/50, ${size.interval}), ${size.rate} updates a second;`,
    `the new leader read ${read.again} rollouts of ${read.before}.`,
    "",
    "| figure | Serin | goal |",
    "|---|--:|--:|",
    ...rows.map(([figure, value, goal]) => `| ${figure} | ${value} | ${goal} |`),
    "",
    ...listOf("at rest", rest),
    ...listOf("while the rollouts began", starting),
    ...listOf("in flight", steady),
  ].join("\n");
}

function listOf(when: string, { requests: { work } }: Period): readonly string[] {
  return [`Requests ${when}:`, "", ...work.map(([what, count]) => `- ${what}: ${count}`), ""];
}

function cpuOf({ used }: Period): number {
  return used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

function cores(period: Period, busiest?: "controller"): string {
  const most = Math.max(
    ...period.used.filter(({ part }) => part === busiest).map(({ cpuSeconds }) => cpuSeconds),
  );
  return rounded(((busiest === undefined ? cpuOf(period) : most) / period.seconds) * 100);
}

function memory({ used }: Period): string {
  return rounded(used.reduce((sum, { rssMiB }) => sum + rssMiB, 0));
}

function ownMiBOf({ used }: Period): number {
  return used.reduce((sum, { ownMiB }) => sum + ownMiB, 0);
}

function onceMemory(period: Period): string {
  const shared = Math.max(...period.used.map(({ rssMiB, ownMiB }) => rssMiB - ownMiB));
  return rounded(ownMiBOf(period) + shared);
}

function largest({ used }: Period): string {
  return rounded(Math.max(...used.map(({ rssMiB }) => rssMiB)));
}

function perMinute({ requests, seconds: lasted }: Period): string {
  return rounded((requests.count.work / lasted) * 60);
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "not within the run" : rounded(ms / 1_000);
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
