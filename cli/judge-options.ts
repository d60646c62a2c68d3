import { harmDefaults } from "../rollout/judge/harm-test.ts";
import { safetyDefaults } from "../rollout/judge/safety-test.ts";
import { quote } from "../rollout/text/quote.ts";
import { nearest } from "../rollout/text/suggest.ts";

/** One thing that is wrong, as a sentence that says where, what stands there and what would be right. */
export type Complain = (at: string, found: unknown, wanted: string) => void;

interface Option<T> {
  /** Taken when it is not given; `undefined` here: required, or found out later. */
  readonly otherwise: T;
  /** What may stand there, to be read after "must be". */
  readonly wanted: string;
  /** The value, or undefined when it may not stand there. */
  readonly read: (value: unknown) => T | undefined;
}

type Options = Readonly<Record<string, Option<unknown>>>;
type Values<O extends Options> = { readonly [K in keyof O]: O[K]["otherwise"] };

const positive = number((value) => value > 0 && value <= 1_000_000, "a number above 0, at most 1000000");
const share = number((value) => value >= 0 && value <= 1, "a share from 0 to 1");
// Half a percent of all traffic over a next weight of 0.1 % is 5.
const margin = number((value) => value >= 0 && value <= 1_000, "a number from 0 to 1000");
const chance = number((value) => value > 0 && value < 1, "a chance between 0 and 1");
const phi = { ...number((value) => value >= 1 && value < 1e9, "a number from 1 up"), otherwise: 1 };

const comparison = {
  r0: { ...positive, otherwise: harmDefaults.r0 },
  delta: { ...share, otherwise: harmDefaults.delta },
  alpha: { ...chance, otherwise: 0.01 },
  phi,
  cap: {
    otherwise: undefined as number | undefined,
    wanted: "a number above 0, at most 1000000, or null for none",
    read: readCap,
  },
  onset: {
    otherwise: harmDefaults.onset,
    wanted: "true or false",
    read: (value: unknown) => (typeof value === "boolean" ? value : undefined),
  },
};
const bounds = { otherwise: undefined as readonly number[] | undefined, read: readBounds };

/** What may be set in each mode. */
export const optionsOf = {
  harm: comparison,
  safety: {
    r1: { ...positive, otherwise: safetyDefaults.r1 },
    margin: { ...margin, otherwise: safetyDefaults.margin },
    beta: { ...chance, otherwise: 0.05 },
    phi,
  },
  guard: {
    limit: { ...number((value) => value >= 0 && value < 1, "a share from 0 to below 1"), otherwise: 0.01 },
    alpha: comparison.alpha,
  },
  latency: {
    ...comparison,
    delta: { ...share, otherwise: 0.005 },
    le: { ...bounds, wanted: 'ascending bounds in seconds, the last of which may be null or "+Inf"' },
    monitored: { ...bounds, wanted: "ascending bounds in seconds" },
  },
} as const;

/** Reads `given` by the table; complains of whatever is unknown or may not stand there. */
export function readOptions<O extends Options>(
  mode: string,
  given: unknown,
  options: O,
  complain: Complain,
): Values<O> {
  const names = Object.keys(options);
  if (!isObject(given)) complain(mode, given, `must be an object with any of ${names.join(", ")}`);
  const values = isObject(given) ? given : {};
  for (const [name, value] of Object.entries(values)) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) complain(`${mode}.${name}`, value, `is unknown; ${suggest(name, names)}`);
    else if (option.read(value) === undefined) complain(`${mode}.${name}`, value, `must be ${option.wanted}`);
  }
  const entries = Object.entries(options).map(([name, { otherwise, read }]) => [
    name,
    (Object.hasOwn(values, name) ? read(values[name]) : undefined) ?? otherwise,
  ]);
  return Object.fromEntries(entries);
}

/** Whether it is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was meant, or what there is. */
export function suggest(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? `known are ${names.join(", ")}` : `did you mean ${near}?`;
}

/** A piece of what was found, for a complaint. */
export function show(found: unknown): string {
  const text = JSON.stringify(found) ?? "missing";
  return text.length > 40 ? quote(text) : text;
}

function number(accepts: (value: number) => boolean, wanted: string) {
  const read = (value: unknown) => (typeof value === "number" && accepts(value) ? value : undefined);
  return { wanted, read };
}

function readCap(value: unknown): number | undefined {
  return value === null ? Number.POSITIVE_INFINITY : positive.read(value);
}

/** Bounds that ascend; +Inf, which JSON lacks, may be last. */
function readBounds(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const bounds = value.map((bound: unknown) => {
    if (bound === null || bound === "+Inf" || bound === "Infinity") return Number.POSITIVE_INFINITY;
    return typeof bound === "number" ? bound : Number.NaN;
  });
  const [first = Number.POSITIVE_INFINITY] = bounds;
  const ascend = bounds.every((bound, i) => bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY));
  return ascend && Number.isFinite(first) ? bounds : undefined;
}
