import * as v from "valibot";
import { placeOf, type SourceObject } from "../conversion.ts";
import { readSpec } from "../read-spec.ts";

const text = v.optional(v.string("use a text"));
const number = v.optional(v.number("use a number"));
const flag = v.optional(v.boolean("use true or false"));
const texts = v.optional(v.record(v.string(), v.string("use a text in quotes"), "use a map of texts"));
const list = v.optional(v.array(v.string("use a text"), "use a list of texts"));
const port = v.optional(v.union([v.string(), v.number()], "use the number or the name of a port"));
const condition = v.object(
  { exact: text, prefix: text, suffix: text, regex: text },
  "use exact, prefix, suffix or regex",
);
const conditions = v.optional(v.record(v.string(), condition, "use a map of conditions"));
const names = v.object({ name: text, namespace: text });
const metadata = v.optional(v.object({ labels: texts, annotations: texts }));
const backend = v.object({
  group: text,
  kind: text,
  name: v.string("use a text"),
  namespace: text,
  port: number,
});
const changes = v.optional(v.object({ add: texts, set: texts, remove: list }));

const match = v.looseObject({
  uri: v.optional(condition),
  method: v.optional(condition),
  headers: conditions,
  queryParams: conditions,
});
const metric = v.object({
  name: v.string("use a text"),
  interval: text,
  threshold: number,
  thresholdRange: v.optional(v.object({ min: number, max: number })),
  query: text,
  templateRef: v.optional(names),
  templateVariables: texts,
});
const webhook = v.object({
  name: v.string("use a text"),
  type: text,
  url: v.string("use a URL"),
  timeout: text,
  retries: number,
  metadata: v.optional(v.record(v.string(), v.unknown())),
  disableTLS: flag,
});
const analysis = v.looseObject({
  interval: text,
  maxWeight: number,
  stepWeight: number,
  stepWeights: v.optional(v.array(v.number("use a number"))),
  iterations: number,
  mirror: flag,
  mirrorWeight: number,
  match: v.optional(
    v.array(v.looseObject({ headers: conditions, queryParams: conditions, sourceLabels: texts })),
  ),
  sessionAffinity: v.optional(v.looseObject({ maxAge: number })),
  metrics: v.optional(v.array(metric)),
  webhooks: v.optional(v.array(webhook)),
});
const service = v.looseObject({
  name: text,
  port: number,
  portName: text,
  targetPort: port,
  appProtocol: text,
  trafficDistribution: text,
  portDiscovery: flag,
  headless: flag,
  timeout: text,
  backendTimeout: text,
  hosts: list,
  gatewayRefs: v.optional(v.array(v.object({ ...backend.entries, sectionName: text }))),
  gateways: list,
  match: v.optional(v.array(match)),
  rewrite: v.optional(v.object({ uri: text, authority: text, type: text })),
  headers: v.optional(v.object({ request: changes, response: changes })),
  mirror: v.optional(v.array(v.object({ backendRef: backend }))),
  corsPolicy: v.optional(
    v.looseObject({
      allowOrigin: list,
      allowMethods: list,
      allowHeaders: list,
      exposeHeaders: list,
      allowCredentials: flag,
      maxAge: text,
    }),
  ),
  apex: metadata,
});
const spec = v.looseObject({
  provider: text,
  targetRef: v.optional(v.object({ apiVersion: text, kind: text, name: text })),
  autoscalerRef: v.optional(v.looseObject({ kind: text, name: text })),
  progressDeadlineSeconds: number,
  skipAnalysis: flag,
  service: v.optional(service, {}),
  analysis: v.optional(analysis, {}),
});

/** The spec of a Canary: the fields that are converted. */
export type CanarySpec = v.InferOutput<typeof spec>;
export type Analysis = v.InferOutput<typeof analysis>;
export type CanaryMetric = v.InferOutput<typeof metric>;
export type Webhook = v.InferOutput<typeof webhook>;
export type CanaryService = v.InferOutput<typeof service>;
export type RequestMatch = v.InferOutput<typeof match>;

const template = v.looseObject({
  provider: v.optional(
    v.looseObject({
      type: text,
      address: text,
      region: text,
      headers: v.optional(v.record(v.string(), v.unknown())),
      insecureSkipVerify: flag,
      secretRef: v.optional(names),
    }),
    {},
  ),
  query: v.optional(v.string("use a text"), ""),
});

/** A MetricTemplate's spec with its place. */
export interface MetricTemplate {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly spec: v.InferOutput<typeof template>;
  readonly object: SourceObject;
}

/** The spec of a Canary. Throws an Error that names each field that does not have the form of the CRD. */
export function canarySpec(object: SourceObject): CanarySpec {
  return readSpec(object, spec);
}

/** A MetricTemplate. Throws as canarySpec does. */
export function metricTemplate(object: SourceObject): MetricTemplate {
  return { ...placeOf(object), spec: readSpec(object, template), object };
}
