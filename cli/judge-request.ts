import * as v from "valibot";
import type { Tick } from "../rollout/judge/tick.ts";
import { formatProblem, isRecord, type Problem } from "../rollout/text/parse.ts";
import { fields, readSchema } from "../rollout/text/schema.ts";
import { optionsOf } from "./judge-options.ts";

type Mode = keyof typeof optionsOf;
type Options<M extends Mode> = v.InferOutput<(typeof optionsOf)[M]>;
/** Bad and all requests of one tick. */
type Pair = readonly [bad: number, total: number];

/** The ticks, and the settings of the judge. */
export type JudgeRequest =
  | { readonly mode: "harm"; readonly options: Options<"harm">; readonly ticks: readonly Tick[] }
  | { readonly mode: "safety"; readonly options: Options<"safety">; readonly ticks: readonly Tick[] }
  | { readonly mode: "guard"; readonly options: Options<"guard">; readonly ticks: readonly Pair[] }
  | {
      readonly mode: "latency";
      readonly options: Omit<Options<"latency">, "le" | "monitored">;
      /** For each monitored boundary, the slower requests of both versions. */
      readonly boundaries: readonly (readonly Tick[])[];
    };

/** A part of the request, or the sentences that say what is wrong with it. */
type Read<T> = { readonly value: T } | { readonly complaints: readonly string[] };

const MODES = Object.keys(optionsOf) as Mode[];
const count = v.custom<number>(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  "use a count: a whole number from 0 up",
);
const tick = row<Tick>([
  "bad of the canary",
  "all of the canary",
  "bad of the stable version",
  "all of the stable version",
]);
const pair = row<Pair>(["bad", "all"]);

/** Reads a request from JSON, or says everything that is wrong with it. */
export function parseRequest(
  json: unknown,
): { readonly request: JudgeRequest } | { readonly complaints: readonly string[] } {
  const given = isRecord(json) ? json : {};
  const [mode, second] = MODES.filter((name) => Object.hasOwn(given, name));
  if (mode === undefined || second !== undefined) {
    const what = isRecord(json)
      ? `found ${Object.keys(json).slice(0, 8).join(", ") || "nothing"}`
      : "not an object";
    const use = `use an object with exactly one of ${MODES.join(", ")}, and with ticks`;
    return { complaints: [formatProblem({ what, use }, "the request")] };
  }
  const shape = read("", fields({ [mode]: v.unknown(), ticks: v.array(v.unknown(), "use an array") }), given);
  const request = readers[mode](given[mode], Array.isArray(given.ticks) ? given.ticks : []);
  const complaints = [shape, request].flatMap((part) => ("complaints" in part ? part.complaints : []));
  return "value" in request && complaints.length === 0 ? { request: request.value } : { complaints };
}

const readers: Readonly<Record<Mode, (given: unknown, ticks: readonly unknown[]) => Read<JudgeRequest>>> = {
  harm: (given, ticks) =>
    both(read("harm", optionsOf.harm, given), read("ticks", v.array(tick), ticks), (options, value) => ({
      mode: "harm",
      options,
      ticks: value,
    })),
  safety: (given, ticks) =>
    both(read("safety", optionsOf.safety, given), read("ticks", v.array(tick), ticks), (options, value) => ({
      mode: "safety",
      options,
      ticks: value,
    })),
  guard: (given, ticks) =>
    both(read("guard", optionsOf.guard, given), read("ticks", v.array(pair), ticks), (options, value) => ({
      mode: "guard",
      options,
      ticks: value,
    })),
  latency: (given, ticks) => {
    const how = read("latency", optionsOf.latency, given);
    // Without valid bounds nothing is known of the ticks.
    if ("complaints" in how) return how;
    const { le, monitored, ...options } = how.value;
    return both(how, read("ticks", v.array(histograms(le.length)), ticks), (_, value) => {
      const boundaries = (monitored ?? le.filter(Number.isFinite)).map((bound) => {
        const slower = (row: readonly number[]) => (row.at(-1) ?? 0) - (row[le.indexOf(bound)] ?? 0);
        return value.map(({ c, s }): Tick => [slower(c), c.at(-1) ?? 0, slower(s), s.at(-1) ?? 0]);
      });
      return { mode: "latency", options, boundaries };
    });
  },
};

function read<S extends v.GenericSchema<unknown, unknown>>(
  at: string,
  schema: S,
  value: unknown,
): Read<v.InferOutput<S>> {
  const parsed = readSchema(schema, value);
  if ("value" in parsed) return parsed;
  const placed = (one: Problem) =>
    at === "" ? { ...one, at: one.at?.replace(/^\./, "") ?? "the request" } : one;
  return { complaints: parsed.problems.map((one) => formatProblem(placed(one), ...(at === "" ? [] : [at]))) };
}

function both<A, B, T>(a: Read<A>, b: Read<B>, join: (a: A, b: B) => T): Read<T> {
  if ("value" in a && "value" in b) return { value: join(a.value, b.value) };
  return { complaints: [a, b].flatMap((part) => ("complaints" in part ? part.complaints : [])) };
}

/** Bad and all requests in turn. */
function row<T extends readonly number[]>(names: readonly string[]) {
  return v.pipe(
    counts(names.length, `use an array of ${names.length} counts: ${names.join(", ")}`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      dataset.value.forEach((bad, k) => {
        const total = dataset.value[k + 1] ?? 0;
        if (k % 2 !== 0 || bad <= total) return;
        addIssue({
          message: `use at most ${total}, all requests`,
          input: bad,
          path: [itemAt(dataset.value, k)],
        });
      });
    }),
    v.transform((value) => value as readonly number[] as T),
  );
}

/** The cumulative counts of both versions, one for each bound. */
function histograms(bounds: number) {
  const cumulative = v.pipe(
    counts(bounds, `use an array of ${bounds} counts, one for each of le`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      dataset.value.forEach((found, k) => {
        const before = dataset.value[k - 1] ?? 0;
        if (found >= before) return;
        const message = `use at least ${before}: counts are cumulative over le`;
        addIssue({ message, input: found, path: [itemAt(dataset.value, k)] });
      });
    }),
  );
  return fields({ c: cumulative, s: cumulative });
}

function counts(length: number, use: string) {
  const right = (value: unknown) => Array.isArray(value) && value.length === length;
  return v.pipe(v.custom<unknown[]>(right, use), v.array(count));
}

function itemAt(input: number[], key: number) {
  return { type: "array", origin: "value", input, key, value: input[key] } as const;
}
