import { median } from "../statistics.ts";
import { alone, rolledBack } from "./alone.ts";
import {
  alike,
  alikeHard,
  atBoundary,
  INTERVALS_MINUTES,
  LEVELS_RPS,
  refusedAlike,
  refusedWorse,
  type ScenarioRow,
  walks,
  worse,
} from "./scenarios.ts";

import { TICK_SECONDS } from "./streams.ts";
import { atMost, ends, found, grouped, share, shares, table } from "./tables.ts";
import { type Trials, tryOut } from "./trial.ts";
import { walk } from "./walk.ts";

/** How many rollouts to simulate, and where to report progress. */
export interface Effort {
  readonly runs: number;
  readonly log: (text: string) => void;
}

/** 2 h 47 min of ticks. */
const LOOKS = 1_000;
const HOUR = 360;
/** The promise is tightest at the tolerance, so these cells have more rollouts. */
const BOUNDARY_TIMES = 3;
const levels = LEVELS_RPS.map((rps) => `${grouped(rps)} rps`);

/** Yields the tables one by one. Every cell has its own seeds. */
export function* sections(effort: Effort): Generator<string> {
  yield `${grouped(effort.runs)} rollouts of ${grouped(LOOKS)} looks per cell, seeds from 100 up; Serin · gate.`;
  const both = "Both versions alike: rolled back by mistake";
  yield falseAlarms(effort, 100, both, ["failing", "weight"], alike).join("\n\n");
  const more = { ...effort, runs: BOUNDARY_TIMES * effort.runs };
  const title = `Canary exactly at the tolerance: rolled back (${grouped(more.runs)} rollouts per cell)`;
  yield falseAlarms(more, 200, title, ["failing", "weight"], atBoundary).join("\n\n");
  const hard = "Both versions alike, harder streams: rolled back by mistake";
  // The largest share is omitted here: the promise does not cover all of these streams.
  yield falseAlarms(effort, 300, hard, ["stream", "phi"], alikeHard).slice(0, -1).join("\n\n");
  yield detection(effort, 400, "Worse from the first request, weight 10 %", worse);
  const refused = "4xx answers, both versions alike or at the tolerance, weight 10 %: rolled back by mistake";
  yield falseAlarms(effort, 700, refused, ["4xx answers"], refusedAlike).join("\n\n");
  yield detection(effort, 800, "4xx answers beyond the tolerance, weight 10 %", refusedWorse);
  yield withAllTraffic(effort, 900);
  for (const [i, minutes] of INTERVALS_MINUTES.entries()) yield verification(effort, 500 + 100 * i, minutes);
}

/** Rollouts that should not be rolled back: the title, the table, and the largest of Serin's shares. */
function falseAlarms(
  { runs, log }: Effort,
  seed: number,
  title: string,
  head: readonly string[],
  rows: readonly ScenarioRow[],
): string[] {
  const all = rows.map((row, r) =>
    LEVELS_RPS.map((rps, i) => {
      const trials = tryOut(row.at(rps), seed + LEVELS_RPS.length * r + i, runs, LOOKS);
      log(`${row.name.join(", ")}, ${rps} rps`);
      return trials;
    }),
  );
  const cells = all.map((trials, r) => [...(rows[r]?.name ?? []), ...trials.map(shares)]);
  return [`## ${title}`, table([...head, ...levels], cells, head.length), mostOf(all.flat())];
}

function mostOf(all: readonly Trials[]): string {
  const runs = all[0]?.runs ?? 0;
  const most = Math.max(...all.map(({ serin }) => serin.length));
  const confident = (count: number) => `${atMost(count, runs).toFixed(2)} %`;
  return (
    `Serin's largest: ${share(most, runs)}, with 97.5 % confidence at most ${confident(most)} in that cell; ` +
    `0 % means at most ${confident(0)}.`
  );
}

function detection({ runs, log }: Effort, seed: number, title: string, rows: readonly ScenarioRow[]): string {
  const cells = rows.flatMap((row, r) =>
    LEVELS_RPS.map((rps, i) => {
      const { serin, gate } = tryOut(row.at(rps), seed + LEVELS_RPS.length * r + i, runs, HOUR);
      log(`${row.name}, ${rps} rps`);
      return [...row.name, levels[i] ?? "", ...found(serin, runs), ...found(gate, runs)];
    }),
  );
  const columns = ["minutes, median (p90)", "bad requests", "found in 1 h"];
  const head = [
    "canary",
    "traffic",
    ...columns.map((c) => `Serin: ${c}`),
    ...columns.map((c) => `gate: ${c}`),
  ];
  return [`## ${title}`, table(head, cells, 2)].join("\n\n");
}

function withAllTraffic({ runs, log }: Effort, seed: number): string {
  const cells = alone.map((row, r) => [
    row.name,
    ...LEVELS_RPS.map((rps, i) => {
      const looks = rolledBack(row, rps, seed + LEVELS_RPS.length * r + i, runs);
      log(`${row.name}, ${rps} rps`);
      const after = looks.length * 2 > runs ? ` after ${TICK_SECONDS * median(looks)} s` : "";
      return `${share(looks.length, runs)}${after}`;
    }),
  ]);
  const title = "## 4xx answers with all traffic, against the half hour before: rolled back within 30 min";
  return [title, table(["4xx answers", ...levels], cells)].join("\n\n");
}

function verification({ runs, log }: Effort, seed: number, leastMinutes: number): string {
  const cells = walks(leastMinutes).flatMap(({ name, at }, r) =>
    LEVELS_RPS.map((rps, i) => {
      const all = walk(at(rps), seed + LEVELS_RPS.length * r + i, runs);
      log(`${name}, ${rps} rps`);
      return [name, levels[i] ?? "", ...ends(all)];
    }),
  );
  const head = [
    "canary",
    "traffic",
    "minutes until verified, median (p90)",
    "verified",
    "rolled back",
    "neither",
  ];
  const title = `## Promoted as verified, interval ${60 * leastMinutes} s`;
  return [title, table(head, cells, 2)].join("\n\n");
}
