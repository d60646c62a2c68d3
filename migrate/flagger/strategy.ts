import { stringify } from "yaml";
import { formatDuration, parseDuration } from "../../rollout/text/duration.ts";
import type { Annotations } from "../accepted.ts";
import { differs, type Note, notCarried } from "../note.ts";
import { increasing } from "../steps-text.ts";
import { typedMatches } from "../string-match.ts";
import type { Analysis, CanarySpec } from "./canary.ts";

/** Annotations with what differs in them. */
export interface StrategyPart {
  readonly annotations: Annotations;
  readonly notes: readonly Note[];
}

const USUAL_INTERVAL = "1m";
const LEAST_INTERVAL_MS = 10_000;
const LONGEST_MS = 168 * 3_600_000;
const USUAL_COOKIE_S = 86_400;
/** Flagger's provider without weights: it always switches. */
const WITHOUT_WEIGHTS = "kubernetes";
const USUAL_ITERATIONS = 10;

/** The strategy of a Canary as annotations: an ab-test, blue-green or weights, as Flagger chooses. */
export function strategyOf({ provider, analysis }: CanarySpec): StrategyPart {
  const iterations = analysis.iterations || (provider === WITHOUT_WEIGHTS ? USUAL_ITERATIONS : 0);
  const chosen =
    iterations === 0
      ? byWeights(analysis)
      : isTest(analysis, provider)
        ? abTest(analysis, iterations)
        : blueGreen(analysis, iterations);
  const common = [interval(analysis), mirror(analysis), chosen];
  return {
    annotations: Object.assign({}, ...common.map(({ annotations }) => annotations)),
    notes: common.flatMap(({ notes }) => notes),
  };
}

function isTest({ match = [] }: Analysis, provider: string | undefined): boolean {
  return match.length > 0 && provider !== WITHOUT_WEIGHTS;
}

function interval({ interval: written }: Analysis): StrategyPart {
  const text = written ?? USUAL_INTERVAL;
  const field = "spec.analysis.interval";
  const ms = parseDuration(text);
  if (ms === undefined || ms > LONGEST_MS)
    return {
      annotations: { "serin.dev/interval": USUAL_INTERVAL },
      notes: [
        differs(
          field,
          `${JSON.stringify(text)} is not a duration that Serin reads, such as 1m30s, up to 168h: Serin's default of 1m`,
        ),
      ],
    };
  const used = Math.max(ms, 1_000);
  const notes =
    ms < LEAST_INTERVAL_MS
      ? [differs(field, `\`serin.dev/interval: ${formatDuration(used)}\`; Flagger waits for at least 10 s`)]
      : [];
  return { annotations: { "serin.dev/interval": formatDuration(used) }, notes };
}

function mirror({ mirror: copies, mirrorWeight }: Analysis): StrategyPart {
  if (!copies) return { annotations: {}, notes: [] };
  const percent = Math.min(100, Math.max(1, Math.round(mirrorWeight ?? 100)));
  return { annotations: { "serin.dev/mirror": `${percent}%` }, notes: [] };
}

function byWeights(analysis: Analysis): StrategyPart {
  const { stepWeights, stepWeight = 0, maxWeight = 100, match = [] } = analysis;
  const field = stepWeights === undefined ? "spec.analysis.stepWeight" : "spec.analysis.stepWeights";
  const given = stepWeights ?? linear(stepWeight, Math.min(100, maxWeight));
  const { weights, changes } = increasing(given);
  const notes = [...changes];
  if (stepWeights === undefined && stepWeight > 0 && maxWeight < 100 && maxWeight % stepWeight !== 0)
    notes.push(`the last step is ${maxWeight} %: Flagger goes beyond maxWeight, Serin does not`);
  if (weights.length === 0) notes.push("no step of more than 0 %: Serin's default steps of 10, 25 and 50 %");
  return {
    annotations: {
      "serin.dev/rollout": "canary",
      ...(weights.length > 0 && { "serin.dev/steps": weights.join(", ") }),
      ...sticky(analysis).annotations,
    },
    notes: [
      ...sticky(analysis).notes,
      ...(notes.length === 0 ? [] : [differs(field, notes.join("; "))]),
      ...(match.length === 0
        ? []
        : [notCarried("spec.analysis.match", "without `iterations`, Flagger does not use it either")]),
    ],
  };
}

function linear(step: number, most: number): number[] {
  if (step <= 0) return [];
  const count = Math.ceil(most / step);
  return Array.from({ length: count }, (_, i) => Math.min(most, step * (i + 1)));
}

function sticky({ sessionAffinity }: Analysis): StrategyPart {
  if (sessionAffinity === undefined) return { annotations: {}, notes: [] };
  const ms = (sessionAffinity.maxAge ?? USUAL_COOKIE_S) * 1000;
  const used = Math.min(LONGEST_MS, Math.max(1_000, ms));
  const notes =
    used === ms
      ? []
      : [
          differs(
            "spec.analysis.sessionAffinity.maxAge",
            `\`serin.dev/sticky: ${formatDuration(used)}\`, the nearest value`,
          ),
        ];
  return { annotations: { "serin.dev/sticky": formatDuration(used) }, notes };
}

function blueGreen(
  { interval: written, sessionAffinity, match = [] }: Analysis,
  iterations: number,
): StrategyPart {
  const each = Math.max(LEAST_INTERVAL_MS, parseDuration(written ?? USUAL_INTERVAL) ?? 60_000);
  const bake = Math.min(LONGEST_MS, each * iterations);
  return {
    annotations: { "serin.dev/rollout": "blue-green", "serin.dev/steps": `100:${formatDuration(bake)}` },
    notes: [
      ...withoutSticky(sessionAffinity),
      ...(match.length === 0
        ? []
        : [notCarried("spec.analysis.match", "Flagger's provider kubernetes does not use it either")]),
    ],
  };
}

function abTest({ match = [], sessionAffinity }: Analysis, iterations: number): StrategyPart {
  const notes: Note[] = [];
  const matches = match.flatMap(({ headers, queryParams, sourceLabels }) => {
    const found = { headers: typedMatches(headers), queryParams: typedMatches(queryParams) };
    const isWhole =
      found.headers !== undefined && found.queryParams !== undefined && sourceLabels === undefined;
    // Without one of its conditions a match would choose more users than before.
    if (!isWhole) {
      const what =
        sourceLabels === undefined ? "a match with an empty condition" : "a match with sourceLabels";
      notes.push(
        notCarried(
          sourceLabels === undefined ? "spec.analysis.match" : "spec.analysis.match[].sourceLabels",
          `${what} is left out: without this condition it would choose more users`,
        ),
      );
      return [];
    }
    const { headers: byHeader = [], queryParams: byParameter = [] } = found;
    return [
      {
        ...(byHeader.length > 0 && { headers: byHeader }),
        ...(byParameter.length > 0 && { queryParams: byParameter }),
      },
    ];
  });
  const most = Math.min(1000, Math.round(iterations));
  if (most !== iterations)
    notes.push(differs("spec.analysis.iterations", `${most}, the largest number that Serin takes`));
  return {
    annotations: {
      "serin.dev/rollout": "ab-test",
      "serin.dev/iterations": String(most),
      ...(matches.length > 0 && { "serin.dev/match": stringify(matches, { lineWidth: 0 }) }),
    },
    notes: [...notes, ...withoutSticky(sessionAffinity)],
  };
}

function withoutSticky(affinity: unknown): readonly Note[] {
  return affinity === undefined
    ? []
    : [notCarried("spec.analysis.sessionAffinity", "only a rollout by weights keeps users on their version")];
}
