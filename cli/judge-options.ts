import * as v from "valibot";
import { harmDefaults } from "../rollout/judge/harm-test.ts";
import { safetyDefaults } from "../rollout/judge/safety-test.ts";
import { fields } from "../rollout/text/schema.ts";

const positive = number((value) => value > 0 && value <= 1_000_000, "use a number above 0, at most 1000000");
const share = number((value) => value >= 0 && value <= 1, "use a share from 0 to 1");
// Half a percent of all traffic over a next weight of 0.1 % is 5.
const margin = number((value) => value >= 0 && value <= 1_000, "use a number from 0 to 1000");
const chance = number((value) => value > 0 && value < 1, "use a chance between 0 and 1");
const phi = v.optional(
  number((value) => value >= 1 && value < 1e9, "use a number from 1 up"),
  1,
);
const alpha = v.optional(chance, 0.01);
/** `null` in JSON stands for no cap. */
const cap = v.pipe(
  v.custom<number | null>(
    (value) => value === null || v.is(positive, value),
    "use a number above 0, at most 1000000, or null for none",
  ),
  v.transform((value) => value ?? Number.POSITIVE_INFINITY),
);
const comparison = {
  r0: v.optional(positive, harmDefaults.r0),
  delta: v.optional(share, harmDefaults.delta),
  alpha,
  phi,
  cap: v.optional(cap),
  onset: v.optional(v.boolean("use true or false"), harmDefaults.onset),
};

/** The options of each mode; a missing one has its default. */
export const optionsOf = {
  harm: v.pipe(fields(comparison), v.transform(withCap)),
  safety: fields({
    r1: v.optional(positive, safetyDefaults.r1),
    margin: v.optional(margin, safetyDefaults.margin),
    beta: v.optional(chance, 0.05),
    phi,
  }),
  guard: fields({
    limit: v.optional(
      number((value) => value >= 0 && value < 1, "use a share from 0 to below 1"),
      0.01,
    ),
    alpha,
  }),
  latency: v.pipe(
    fields({
      ...comparison,
      delta: v.optional(share, 0.005),
      le: bounds('use ascending bounds in seconds, the last of which may be null or "+Inf"'),
      monitored: v.optional(bounds("use ascending bounds in seconds")),
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const { le, monitored = [] } = dataset.value;
      const stray = monitored.find((bound) => !Number.isFinite(bound) || !le.includes(bound));
      if (stray === undefined) return;
      const key = {
        type: "object",
        origin: "value",
        input: dataset.value,
        key: "monitored",
        value: stray,
      } as const;
      addIssue({ message: "use finite bounds of le", input: stray, path: [key] });
    }),
    v.transform(withCap),
  ),
} as const;

/** By default no single tick decides. */
function withCap<O extends { readonly alpha: number; readonly cap?: number | undefined }>(options: O) {
  return { ...options, cap: options.cap ?? 0.75 * Math.log(1 / options.alpha) };
}

function number(accepts: (value: number) => boolean, use: string) {
  return v.custom<number>((value) => typeof value === "number" && accepts(value), use);
}

/** Bounds that ascend; +Inf, which JSON lacks, may be last. */
function bounds(use: string) {
  return v.pipe(
    v.custom<readonly unknown[]>((value) => Array.isArray(value) && ascend(value.map(boundIn)), use),
    v.transform((value) => value.map(boundIn)),
  );
}

function boundIn(bound: unknown): number {
  if (bound === null || bound === "+Inf" || bound === "Infinity") return Number.POSITIVE_INFINITY;
  return typeof bound === "number" ? bound : Number.NaN;
}

function ascend(found: readonly number[]): boolean {
  const rises = found.every((bound, i) => bound > (found[i - 1] ?? Number.NEGATIVE_INFINITY));
  return rises && Number.isFinite(found[0]);
}
