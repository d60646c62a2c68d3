import type { Compared } from "./admission.ts";
import type { Requests } from "./requests.ts";
import { INTERVALS_MS, type Measured } from "./rollout.ts";
import type { BenchFindings } from "./run.ts";
import { median } from "./statistics.ts";

/** A figure and the value to compare it with; `figure` names the unit. */
interface Row {
  readonly figure: string;
  readonly serin: number;
  /** The upper limit, of `serin` or of the ratio. */
  readonly goal?: number;
  readonly goalRatio?: number;
  readonly other?: { readonly name: string; readonly value: number };
}

/** Published figures of a peer on the same kind of cluster: five replicas, interval 10 s, 10/25/50 %. */
const FLAGGER = { name: "Flagger 1.44.0", requests: 120, requestsPerMinute: 60, pods: 10, seconds: 33 };

/** The findings as a Markdown table, with a list of the requests below it. */
export function markdownOf(findings: BenchFindings): string {
  const lines = rowsOf(findings).map((row) => {
    const { figure, serin, other } = row;
    const compared = other === undefined ? "" : `${other.name}: ${round(other.value)}`;
    const ratio = other === undefined || other.value === 0 ? "" : round(serin / other.value);
    return `| ${figure} | ${round(serin)} | ${goalOf(row)} | ${compared} | ${ratio} |`;
  });
  return [
    "| figure | Serin | goal | compared with | ratio |",
    "|---|--:|--:|---|--:|",
    ...lines,
    "",
    footOf(findings),
  ].join("\n");
}

/** The rows, for `--json`. */
export function rowsOf({
  admission,
  rollouts,
  plainAnswersMs,
  atRest,
  overhead,
  memory,
  cpu,
}: BenchFindings): readonly Row[] {
  const of = (pick: (rollout: BenchFindings["rollouts"][number]) => number) => median(rollouts.map(pick));
  const [one, many] = [atRest[0], atRest.at(-1)].map((it) => it?.requests.count);
  const more = (atRest.at(-1)?.deployments ?? 0) - (atRest[0]?.deployments ?? 0);
  const flagger = (value: number) => ({ name: FLAGGER.name, value });
  return [
    ...latencies("admission of an update that changes no template", admission.annotation, 2),
    ...latencies("admission of the update that starts a rollout", admission.start),
    {
      figure: "the update that starts a rollout, with effects, at the API server, ms",
      serin: of(({ answerMs }) => answerMs),
      other: { name: "not opted in", value: median(plainAnswersMs) },
    },
    {
      figure: "API requests of a whole rollout",
      serin: of(({ requests }) => requests.count.work),
      goal: 40,
      other: flagger(FLAGGER.requests),
    },
    {
      figure: "API requests a minute for one more Deployment at rest",
      serin: ((many?.work ?? 0) - (one?.work ?? 0)) / more,
      goal: 0,
      other: flagger(FLAGGER.requestsPerMinute),
    },
    { figure: "of Serin itself a minute: requests for its Lease", serin: overhead.lease },
    { figure: "of Serin itself a minute: watches renewed", serin: overhead.watch },
    { figure: "of Serin itself a minute: others", serin: one?.work ?? 0 },
    {
      figure: "pods started for 5 replicas",
      serin: of(({ podsStarted }) => podsStarted),
      goal: 5,
      other: flagger(FLAGGER.pods),
    },
    { figure: "pods at once, at most", serin: of(({ peakPods }) => peakPods) },
    {
      figure: "time to promotion beyond the intervals, s",
      serin: of(({ tookMs }) => (tookMs - INTERVALS_MS) / 1_000),
      goal: 12,
      other: flagger(FLAGGER.seconds),
    },
    ...(["webhook", "controller"] as const).flatMap((part): Row[] => {
      const memoryAtRest = { name: "at rest", value: memory.restMiB[part] };
      const minute = { name: "a minute at rest", value: cpu.restMinute[part] };
      return [
        {
          figure: `memory of the ${part} during rollouts, MiB`,
          serin: memory.rolloutsMiB[part],
          other: memoryAtRest,
        },
        { figure: `CPU time of the ${part} for a rollout, s`, serin: cpu.rollout[part], other: minute },
      ];
    }),
    { figure: "memory of the webhook after 3,500 reviews in a row, MiB", serin: memory.reviewsMiB },
  ];
}

function goalOf({ serin, goal, goalRatio, other }: Row): string {
  const missed = (is: number, most: number) => (is > most ? " **missed**" : "");
  if (goal !== undefined) return `≤ ${goal}${missed(serin, goal)}`;
  if (goalRatio === undefined || other === undefined) return "";
  return `ratio ≤ ${goalRatio}${missed(serin / other.value, goalRatio)}`;
}

function latencies(what: string, { serin, bare }: Compared, goalRatio?: number): Row[] {
  return (["p50", "p99"] as const).map((p) => ({
    figure: `${what}: ${p}, ms`,
    serin: serin[p],
    ...(goalRatio !== undefined && p === "p99" ? { goalRatio } : {}),
    other: { name: "bare node:https", value: bare[p] },
  }));
}

/** The number of API requests of one rollout, a list of the requests, and their course. */
export function requestsMarkdownOf({ requests }: Measured): string {
  const course = requests.course.map(([seconds, what]) => `- ${seconds.toFixed(1)} s ${what}`);
  return [
    `API requests of a whole rollout: ${requests.count.work}`,
    "",
    ...linesOf(requests),
    "",
    "In order:",
    "",
    ...course,
  ].join("\n");
}

function linesOf({ work }: Requests): readonly string[] {
  return work.map(([what, count]) => `- ${what}: ${count}`);
}

function footOf({ rollouts }: BenchFindings): string {
  const [first] = rollouts;
  const work = first === undefined ? [] : linesOf(first.requests);
  return [
    `Medians of ${rollouts.length} rollouts of five pods by 10 %, 25 % and 50 %, interval 10 s, at 200 requests a second;`,
    "Flagger's figures come from earlier runs on the same kind of cluster; this command does not run Flagger.",
    "The bare handler reads the same bytes and sends the same answers as Serin, in a network namespace like a pod's.",
    "",
    "The requests of the first rollout:",
    "",
    ...work,
  ].join("\n");
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
