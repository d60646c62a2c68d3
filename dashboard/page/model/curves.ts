import type { BothSeries, Charts } from "../../api.ts";
import { boundText, type TextTable } from "./numbers.ts";

/** A number at each time; null where there is none. */
type Values = readonly (number | null)[];

/** The colours and dashes of curves. */
export type CurveLook =
  | "stable"
  | "canary"
  | "allowed"
  | "harm"
  | "safe"
  | "harm-limit"
  | "safe-limit"
  | "stable-rate"
  | "canary-rate";

/** One curve of a diagram. */
export interface Curve {
  readonly name: string;
  readonly look: CurveLook;
  readonly values: Values;
  /** It belongs to the axis on the right, which counts requests per second. */
  readonly isRate?: boolean;
  /** It keeps its value until the next one. */
  readonly isStepped?: boolean;
}

/** One of the four diagrams. */
export interface Diagram {
  readonly title: string;
  /** What the axis on the left counts. */
  readonly unit: string;
  readonly curves: readonly Curve[];
  /** It belongs to the bucket boundary that the reader chooses. */
  readonly isOfBound?: boolean;
  /** The two curves between which the canary is tolerated. */
  readonly band?: readonly [upper: number, lower: number];
}

/** The four diagrams of a rollout; `bound` is the index of a bucket boundary. */
export function diagramsOf(charts: Charts, bound: number): readonly Diagram[] {
  const { failed, slow, evidence, traffic, rate, times } = charts;
  const slower = slow[bound];
  const level = (value: number): Values => times.map(() => value);
  return [
    compared("Failed requests", failed, failed.allowed),
    ...(slower === undefined
      ? []
      : [
          {
            ...compared(`Slower than ${boundText(slower.seconds)}`, slower, slower.allowed),
            isOfBound: true,
          },
        ]),
    {
      title: "Evidence",
      unit: "ln of the odds",
      curves: [
        { name: "harm", look: "harm", values: evidence.harm },
        { name: "limit of harm", look: "harm-limit", values: level(evidence.harmLimit) },
        { name: "safe", look: "safe", values: evidence.safe },
        { name: "limit of safe", look: "safe-limit", values: level(evidence.safeLimit) },
      ],
    },
    {
      title: "Traffic of the canary",
      unit: "% and requests/s",
      curves: [
        { name: "granted", look: "allowed", values: traffic.granted, isStepped: true },
        { name: "measured", look: "canary", values: traffic.measured },
        { name: "stable requests/s", look: "stable-rate", values: rate.stable, isRate: true },
        { name: "canary requests/s", look: "canary-rate", values: rate.canary, isRate: true },
      ],
    },
  ];
}

function compared(title: string, { stable, canary }: BothSeries, allowed: Values): Diagram {
  return {
    title,
    unit: "% so far",
    curves: [
      { name: "allowed", look: "allowed", values: allowed },
      { name: "stable", look: "stable", values: stable },
      { name: "canary", look: "canary", values: canary },
    ],
    band: [0, 1],
  };
}

/** The diagram's last numbers, as a sentence for a person who cannot see it. */
export function diagramSentence({ title, unit, curves }: Diagram, times: readonly number[]): string {
  const last = times.at(-1);
  if (last === undefined) return `${title}: no numbers yet`;
  const parts = curves.map(({ name, values }) => `${name} ${numberText(values.at(-1))}`);
  return `${title} at ${secondsText(last)} UTC, ${unit}: ${parts.join(", ")}`;
}

/** The diagram's numbers as a table, the newest first. */
export function diagramTable({ curves }: Diagram, times: readonly number[]): TextTable {
  const rows = times.map((at, i) => [secondsText(at), ...curves.map(({ values }) => numberText(values[i]))]);
  return { head: ["UTC", ...curves.map(({ name }) => name)], rows: rows.reverse() };
}

const small = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const large = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** A number with three digits that count, and a dash for none. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return (Math.abs(value) < 1000 ? small : large).format(value);
}

/** The time of day, in UTC, of seconds since 1970. */
export function secondsText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}
