/**
 * Long measurements of the judge on a real control plane, gateway and Prometheus, counted at the client. Not part of the
 * tests: name this file to run it with mocha. It prints a Markdown table at the end, and `--grep` selects trials. A missed
 * goal fails no test, but a missing measurement does. Progress goes to standard error. Prometheus scrapes every 2 s, or as
 * often as `SERIN_SCRAPE` says, such as 5s.
 */
import { median, quantile } from "../../../bench/statistics.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Finding } from "./release.ts";
import { findingsOf, type Trial, withoutPrometheus } from "./trial.ts";

const MINUTE_MS = 60_000;
const walk = { rps: 100, steps: "10, 25, 50", interval: "10s", forMs: 20 * MINUTE_MS } as const;
const stay = { rps: 100, steps: "10", interval: "1h" } as const;

const trials: readonly Trial[] = [
  {
    ...walk,
    name: "5 % at 100 rps",
    goal: "≤ 14 failed (median); a peer 54–80",
    canaries: ["app:v2-err5"],
    runs: 5,
    atOnce: 3,
  },
  {
    ...walk,
    name: "5 % at 20 rps",
    goal: "16 of 16 rolled back; a peer 13",
    rps: 20,
    canaries: ["app:v2-err5"],
    runs: 16,
    atOnce: 16,
  },
  {
    ...walk,
    name: "0.9 % at 100 rps",
    goal: "rolled back; a peer promotes it",
    canaries: ["app:v2-err0.9"],
    runs: 4,
    atOnce: 4,
  },
  {
    ...stay,
    name: "1 % at 100 rps, 10 % only",
    goal: "≤ 180 s",
    canaries: ["app:v2-err1"],
    runs: 4,
    atOnce: 4,
    forMs: 15 * MINUTE_MS,
  },
  {
    ...walk,
    name: "twenty healthy ones",
    goal: "20 promoted",
    canaries: [2, 3, 4, 5, 6].map((version) => `app:v${version}-err0.1`),
    runs: 4,
    atOnce: 4,
  },
  {
    ...walk,
    name: "five healthy ones, one at a time",
    goal: "≤ 62 s",
    canaries: [2, 3, 4, 5, 6].map((version) => `app:v${version}-err0.1`),
    runs: 1,
    atOnce: 1,
  },
  {
    ...walk,
    name: "healthy without traffic",
    goal: "open after 120 s",
    rps: 0,
    canaries: ["app:v2-err0.1"],
    runs: 3,
    atOnce: 3,
    forMs: 2 * MINUTE_MS,
  },
  {
    ...walk,
    name: "5 % at 100 rps, Prometheus away for 15 s",
    goal: "rolled back",
    canaries: ["app:v2-err5"],
    runs: 3,
    atOnce: 3,
    meanwhile: withoutPrometheus,
  },
  {
    ...walk,
    name: "healthy, Prometheus away for 15 s",
    goal: "promoted",
    canaries: ["app:v2-err0.1"],
    runs: 3,
    atOnce: 3,
    meanwhile: withoutPrometheus,
  },
  {
    ...walk,
    name: "p99 200 → 280 ms",
    goal: "rolled back",
    image: "app:v1-err0.1-spread200",
    canaries: ["app:v2-err0.1-spread280"],
    runs: 3,
    atOnce: 3,
  },
];

describeCluster("the judge's trials", function () {
  this.timeout(0);
  const rows: string[] = [];
  for (const trial of trials) {
    it(trial.name, async () => {
      rows.push(rowOf(trial, await findingsOf(trial, (text) => console.error(text))));
    });
  }
  after(() => console.log(["", head, ...rows, ""].join("\n")));
});

const head = [
  "| stable 0.1 %, canary | promoted | rolled back | open | s to the verdict | canary's requests | failed | unanswered | goal |",
  "|---|--:|--:|--:|--:|--:|--:|--:|---|",
].join("\n");

/** Medians, with the least and the most if there are several values. */
function rowOf({ name, goal }: Trial, findings: readonly Finding[]): string {
  const outcome = (of: Finding["outcome"]) => findings.filter(({ outcome }) => outcome === of).length;
  const figure = (pick: (finding: Finding) => number) => {
    const values = findings.map(pick);
    const [least, most] = [quantile(values, 0), quantile(values, 1)].map(Math.round);
    return least === most ? `${most}` : `${Math.round(median(values))} (${least}–${most})`;
  };
  const unanswered = findings.reduce((sum, finding) => sum + finding.unanswered, 0);
  const cells = [
    name,
    outcome("promoted"),
    outcome("rolled back"),
    outcome("open"),
    figure(({ seconds }) => seconds),
    figure(({ requests }) => requests),
    figure(({ failed }) => failed),
    unanswered,
    goal,
  ];
  return `| ${cells.join(" | ")} |`;
}
