import type { HarmOptions } from "../rollout/judge/harm-test.ts";
import type { SafetyOptions } from "../rollout/judge/safety-test.ts";
import type { Tick } from "../rollout/judge/tick.ts";
import { type Complain, isObject, optionsOf, readOptions, show, suggest } from "./judge-options.ts";

/** What happened, and by what to judge it. */
export type Request =
  | { readonly mode: "harm"; readonly options: HarmOptions & Alpha; readonly ticks: readonly Tick[] }
  | {
      readonly mode: "safety";
      readonly options: SafetyOptions & { readonly beta: number };
      readonly ticks: readonly Tick[];
    }
  | {
      readonly mode: "guard";
      readonly options: Alpha & { readonly limit: number };
      readonly ticks: readonly (readonly [bad: number, total: number])[];
    }
  | {
      readonly mode: "latency";
      readonly options: HarmOptions & Alpha;
      /** For each monitored boundary, the slower requests of both versions. */
      readonly boundaries: readonly (readonly Tick[])[];
    };

interface Alpha {
  readonly alpha: number;
}

type Mode = Request["mode"];
type Row = readonly number[];

const MODES = Object.keys(optionsOf) as Mode[];
const NAMES: Readonly<Record<"tick" | "guard", readonly string[]>> = {
  tick: ["bad of the canary", "all of the canary", "bad of the stable version", "all of the stable version"],
  guard: ["bad", "all"],
};

/** Reads a request from JSON, or says everything that is wrong with it. */
export function parseRequest(
  json: unknown,
): { readonly request: Request } | { readonly complaints: readonly string[] } {
  const complaints: string[] = [];
  const complain: Complain = (at, found, wanted) => complaints.push(`${at}: ${show(found)} ${wanted}`);
  const request = read(json, complain);
  return request === undefined || complaints.length > 0 ? { complaints } : { request };
}

function read(json: unknown, complain: Complain): Request | undefined {
  const given = isObject(json) ? json : {};
  const known = [...MODES, "ticks"];
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) complain(key, value, `is unknown; ${suggest(key, known)}`);
  }
  const [mode, second] = MODES.filter((name) => Object.hasOwn(given, name));
  if (mode === undefined || second !== undefined) {
    complain(
      "the request",
      isObject(json) ? Object.keys(json) : json,
      `must be an object with exactly one of ${MODES.join(", ")}, and ticks`,
    );
    return undefined;
  }
  const { ticks } = given;
  if (!Array.isArray(ticks)) complain("ticks", ticks, "must be an array");
  return readers[mode](given[mode], Array.isArray(ticks) ? ticks : [], complain);
}

const readers: Readonly<Record<Mode, (given: unknown, ticks: unknown[], complain: Complain) => Request>> = {
  harm: (given, ticks, complain) => ({
    mode: "harm",
    options: withCap(readOptions("harm", given, optionsOf.harm, complain)),
    ticks: readTicks(ticks, complain),
  }),
  safety: (given, ticks, complain) => ({
    mode: "safety",
    options: readOptions("safety", given, optionsOf.safety, complain),
    ticks: readTicks(ticks, complain),
  }),
  guard: (given, ticks, complain) => ({
    mode: "guard",
    options: readOptions("guard", given, optionsOf.guard, complain),
    ticks: readRows(ticks, NAMES.guard, complain).map(([bad = 0, total = 0]) => [bad, total] as const),
  }),
  latency: (given, ticks, complain) => {
    const { le, monitored, ...options } = readOptions("latency", given, optionsOf.latency, complain);
    const bounds = le ?? [];
    if (isObject(given) && !Object.hasOwn(given, "le"))
      complain("latency.le", undefined, `must be ${optionsOf.latency.le.wanted}`);
    const finite = bounds.filter(Number.isFinite);
    const stray = monitored?.find((bound) => !finite.includes(bound));
    if (stray !== undefined && bounds.length > 0)
      complain("latency.monitored", stray, "must be a finite one of le");
    const read = bounds.length === 0 ? [] : readHistograms(ticks, bounds.length, complain);
    const boundaries = (monitored ?? finite).map((bound) => {
      const slower = (cumulative: Row) => (cumulative.at(-1) ?? 0) - (cumulative[bounds.indexOf(bound)] ?? 0);
      return read.map(({ c, s }): Tick => [slower(c), c.at(-1) ?? 0, slower(s), s.at(-1) ?? 0]);
    });
    return { mode: "latency", options: withCap(options), boundaries };
  },
};

/** No single tick decides unless it is asked for. */
function withCap<O extends Alpha & { readonly cap: number | undefined }>(options: O) {
  return { ...options, cap: options.cap ?? 0.75 * Math.log(1 / options.alpha) };
}

function readTicks(ticks: readonly unknown[], complain: Complain): readonly Tick[] {
  return readRows(ticks, NAMES.tick, complain).map(
    ([xc = 0, nc = 0, xs = 0, ns = 0]): Tick => [xc, nc, xs, ns],
  );
}

/** Rows of bad and all requests in turn. */
function readRows(ticks: readonly unknown[], names: readonly string[], complain: Complain): readonly Row[] {
  return ticks.map((tick, i) => {
    if (!Array.isArray(tick) || tick.length !== names.length) {
      complain(`ticks[${i}]`, tick, `must be an array of ${names.length} counts: ${names.join(", ")}`);
      return [];
    }
    const row = readCounts(`ticks[${i}]`, tick, complain);
    row.forEach((count, k) => {
      const total = row[k + 1] ?? 0;
      if (k % 2 === 0 && count > total)
        complain(`ticks[${i}][${k}]`, count, `must be at most ${total}, all requests`);
    });
    return row;
  });
}

function readHistograms(ticks: readonly unknown[], bounds: number, complain: Complain) {
  return ticks.map((tick, i) => {
    const at = `ticks[${i}]`;
    const known = ["c", "s"];
    if (!isObject(tick)) complain(at, tick, "must be an object with c and s");
    const given = isObject(tick) ? tick : { c: [], s: [] };
    for (const key of Object.keys(given)) {
      if (!known.includes(key)) complain(`${at}.${key}`, given[key], `is unknown; ${suggest(key, known)}`);
    }
    const [c = [], s = []] = isObject(tick)
      ? known.map((key) => readCumulative(`${at}.${key}`, given[key], bounds, complain))
      : [];
    return { c, s };
  });
}

function readCumulative(at: string, value: unknown, bounds: number, complain: Complain): Row {
  if (!Array.isArray(value) || value.length !== bounds) {
    complain(at, value, `must be an array of ${bounds} counts, one for each of le`);
    return [];
  }
  const row = readCounts(at, value, complain);
  row.forEach((count, k) => {
    const before = row[k - 1] ?? 0;
    if (count < before)
      complain(`${at}[${k}]`, count, `must be at least ${before}: counts are cumulative over le`);
  });
  return row;
}

/** All of them, or none when one is no count. */
function readCounts(at: string, row: readonly unknown[], complain: Complain): Row {
  const counts = row.filter((count): count is number => Number.isSafeInteger(count) && Number(count) >= 0);
  if (counts.length === row.length) return counts;
  row.forEach((count, k) => {
    if (!Number.isSafeInteger(count) || Number(count) < 0)
      complain(`${at}[${k}]`, count, "must be a count: a whole number from 0 up");
  });
  return [];
}
