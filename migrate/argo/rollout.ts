import * as v from "valibot";
import type { SourceObject } from "../conversion.ts";
import { readSpec } from "../read-spec.ts";

const text = v.optional(v.string("use a text"));
const number = v.optional(v.number("use a number"));
const flag = v.optional(v.boolean("use true or false"));
const count = v.optional(v.union([v.string(), v.number()], "use a number or a percentage"));
const condition = v.object({ exact: text, prefix: text, regex: text });
const map = v.record(v.string(), v.unknown(), "use a map");
const argument = v.object({
  name: v.string("use a text"),
  value: text,
  valueFrom: v.optional(
    v.looseObject({
      podTemplateHashValue: text,
      fieldRef: v.optional(v.object({ fieldPath: text })),
      secretKeyRef: v.optional(map),
    }),
  ),
});
const args = v.optional(v.array(argument), []);
const refs = v.optional(v.array(v.object({ templateName: text, clusterScope: flag })), []);
const dryRun = v.optional(v.array(v.object({ metricName: text })), []);
const analysis = v.looseObject({ templates: refs, args, dryRun });
const step = v.looseObject({
  setWeight: number,
  pause: v.optional(v.looseObject({ duration: v.optional(v.union([v.string(), v.number()])) })),
  setCanaryScale: v.optional(v.looseObject({ weight: number, replicas: number, matchTrafficWeight: flag })),
  setHeaderRoute: v.optional(
    v.looseObject({
      match: v.optional(v.array(v.object({ headerName: v.string(), headerValue: condition })), []),
    }),
  ),
  setMirrorRoute: v.optional(v.looseObject({ percentage: number, match: v.optional(v.array(map)) })),
  analysis: v.optional(analysis),
});
const canary = v.looseObject({
  steps: v.optional(v.array(step), []),
  analysis: v.optional(analysis),
  stableService: text,
  canaryService: text,
  maxSurge: count,
  maxUnavailable: count,
  trafficRouting: v.optional(v.looseObject({ plugins: v.optional(map), maxTrafficWeight: number })),
});
const blueGreen = v.looseObject({
  activeService: text,
  previewService: text,
  autoPromotionEnabled: flag,
  scaleDownDelaySeconds: number,
  prePromotionAnalysis: v.optional(analysis),
  postPromotionAnalysis: v.optional(analysis),
});
const spec = v.looseObject({
  replicas: number,
  selector: v.optional(map),
  template: v.optional(map),
  workloadRef: v.optional(v.looseObject({ kind: text, name: text })),
  minReadySeconds: number,
  revisionHistoryLimit: number,
  progressDeadlineSeconds: number,
  paused: flag,
  strategy: v.optional(v.looseObject({ canary: v.optional(canary), blueGreen: v.optional(blueGreen) }), {}),
});

/** The spec of a Rollout: the fields that are converted. */
export type RolloutSpec = v.InferOutput<typeof spec>;
export type CanaryStrategy = v.InferOutput<typeof canary>;
export type BlueGreenStrategy = v.InferOutput<typeof blueGreen>;
export type RolloutAnalysis = v.InferOutput<typeof analysis>;
export type AnalysisArgument = v.InferOutput<typeof argument>;

const metric = v.looseObject({
  name: v.string("use a text"),
  interval: text,
  successCondition: text,
  failureCondition: text,
  provider: v.optional(map, {}),
});
const template = v.looseObject({ metrics: v.optional(v.array(metric), []), args, dryRun, templates: refs });

/** The spec of an AnalysisTemplate. */
export type AnalysisTemplateSpec = v.InferOutput<typeof template>;
export type AnalysisMetric = v.InferOutput<typeof metric>;

/** The spec of a Rollout. Throws an Error that names each field that does not have the form of the CRD. */
export function rolloutSpec(object: SourceObject): RolloutSpec {
  return readSpec(object, spec);
}

/** The spec of an AnalysisTemplate or ClusterAnalysisTemplate. Throws as rolloutSpec does. */
export function analysisTemplateSpec(object: SourceObject): AnalysisTemplateSpec {
  return readSpec(object, template);
}
