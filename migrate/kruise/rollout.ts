import * as v from "valibot";
import type { SourceObject } from "../conversion.ts";
import { readSpec } from "../read-spec.ts";

const text = v.optional(v.string("use a text"));
const fieldMatch = v.object({
  type: v.optional(v.picklist(["Exact", "RegularExpression"], "use Exact or RegularExpression")),
  name: v.string("use a text"),
  value: v.string("use a text"),
});
const match = v.looseObject({
  path: v.optional(v.unknown()),
  headers: v.optional(v.array(fieldMatch)),
  queryParams: v.optional(v.array(fieldMatch)),
});
const step = v.looseObject({
  traffic: v.optional(
    v.pipe(v.string("use a percentage"), v.regex(/^\d{1,3}%$/, "use a percentage, such as 20%")),
  ),
  replicas: v.optional(v.union([v.string(), v.number()], "use a number or a percentage")),
  pause: v.optional(v.looseObject({ duration: v.optional(v.number("use a number of seconds")) }), {}),
  matches: v.optional(v.array(match)),
});
const routing = v.looseObject({
  service: text,
  gateway: v.optional(v.looseObject({ httpRouteName: text })),
});
const strategy = v.looseObject({
  steps: v.optional(v.array(step), []),
  trafficRoutings: v.optional(v.array(routing), []),
});
const spec = v.looseObject({
  workloadRef: v.optional(v.object({ apiVersion: text, kind: text, name: text })),
  disabled: v.optional(v.boolean("use true or false")),
  strategy: v.optional(v.looseObject({ canary: v.optional(strategy), blueGreen: v.optional(strategy) }), {}),
});

/** The spec of a Rollout of Kruise: the fields that are converted. */
export type KruiseSpec = v.InferOutput<typeof spec>;
export type KruiseStrategy = v.InferOutput<typeof strategy>;

/** The spec of a Rollout of Kruise. Throws an Error that names each field that does not have the form of the CRD. */
export function kruiseSpec(object: SourceObject): KruiseSpec {
  return readSpec(object, spec);
}
