import type { KubeObject } from "../../kube/core/meta.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { type Annotations, accepted } from "../accepted.ts";
import {
  type Conversion,
  type ConvertOptions,
  filesOf,
  metadataOf,
  placeOf,
  type SourceObject,
} from "../conversion.ts";
import { notesAbout } from "../fields.ts";
import { distinct, type Note } from "../note.ts";
import { withoutDeployment } from "../other-workload.ts";
import type { TemplateNames } from "../template-names.ts";
import { type CanarySpec, canarySpec, type MetricTemplate, metricTemplate } from "./canary.ts";
import { canaryChecks } from "./checks.ts";
import { canaryFields } from "./fields.ts";
import { hooksFrom } from "./hooks.ts";
import { apexRoute } from "./route.ts";
import { apexService, type CanaryTarget } from "./service.ts";
import { strategyOf } from "./strategy.ts";
import { metricTemplateFields } from "./template-fields.ts";

/** The field from which an annotation comes, for the note about one that Serin refuses. */
const origins: Readonly<Record<string, string>> = {
  "serin.dev/rollout": "spec.analysis",
  "serin.dev/steps": "spec.analysis.stepWeight",
  "serin.dev/interval": "spec.analysis.interval",
  "serin.dev/iterations": "spec.analysis.iterations",
  "serin.dev/match": "spec.analysis.match",
  "serin.dev/mirror": "spec.analysis.mirror",
  "serin.dev/sticky": "spec.analysis.sessionAffinity",
  "serin.dev/checks": "spec.analysis.metrics",
  "serin.dev/hooks": "spec.analysis.webhooks",
};

/** What a Canary needs beside itself. */
export interface FlaggerContext extends ConvertOptions {
  /** All objects of the source. */
  readonly objects: readonly SourceObject[];
  readonly names: TemplateNames;
}

/** Converts a Canary. Throws an Error if it does not have the form of its CRD. */
export function convertCanary(object: SourceObject, context: FlaggerContext): Conversion {
  const spec = canarySpec(object);
  const { name: canary, namespace } = placeOf(object);
  const { kind = "Deployment", name = canary } = spec.targetRef ?? {};
  const source = `canary/${canary}`;
  if (kind !== "Deployment") {
    const not = { field: "spec.targetRef", workload: `target is a ${kind}` };
    return withoutDeployment({ source, namespace, name }, object, canaryFields, not);
  }
  const target: CanaryTarget = {
    name,
    namespace,
    deployment: deploymentIn(context.objects, name, namespace),
  };
  const templates = templatesIn(context.objects);
  const used: MetricTemplate[] = [];
  const find = (ref: { name?: string | undefined; namespace?: string | undefined }) => {
    const found = templates.find(
      (one) => one.name === ref.name && one.namespace === (ref.namespace ?? namespace),
    );
    if (found !== undefined) used.push(found);
    return found;
  };
  const plan = planOf(spec, target, context, find);
  const service = apexService(spec.service, target);
  const route = apexRoute(spec, target);
  const own = [...plan.notes, ...service.notes, ...route.notes];
  return {
    source,
    namespace,
    name,
    files: filesOf([
      { name: "deployment-patch.yaml", objects: [patchOf(spec, target, plan.annotations)] },
      { name: "service.yaml", objects: [service.object] },
      { name: "httproute.yaml", objects: route.object ? [route.object] : [] },
      { name: "templates.yaml", objects: plan.templates },
    ]),
    notes: distinct([...notesAbout(object, canaryFields, own), ...used.flatMap(aboutTemplate)]),
  };
}

function planOf(
  spec: CanarySpec,
  { name }: CanaryTarget,
  { names, sameVerdicts }: FlaggerContext,
  find: Parameters<typeof canaryChecks>[1],
): {
  readonly annotations: Annotations;
  readonly templates: readonly KubeObject[];
  readonly notes: readonly Note[];
} {
  if (spec.skipAnalysis) return { annotations: {}, templates: [], notes: [] };
  const strategy = strategyOf(spec);
  const checks = canaryChecks(spec.analysis, find, names);
  const hooks = hooksFrom(spec.analysis.webhooks ?? [], spec.service.name ?? name);
  const limits = checks.checks.join(", ") || (sameVerdicts ? "none" : "");
  const plan = accepted(
    {
      ...strategy.annotations,
      ...(limits !== "" && { "serin.dev/checks": limits }),
      ...(hooks.text !== undefined && { "serin.dev/hooks": hooks.text }),
      ...(sameVerdicts && { "serin.dev/compare": "off" }),
    },
    origins,
  );
  return {
    annotations: plan.annotations,
    templates: checks.templates,
    notes: [
      ...strategy.notes,
      ...checks.notes,
      ...hooks.notes,
      ...plan.notes,
      ...comparison(plan.annotations),
    ],
  };
}

/** Flagger compares nothing; where Serin does, the reader should know. */
function comparison(annotations: Annotations): readonly Note[] {
  const isCompared =
    annotations["serin.dev/rollout"] === "canary" && annotations["serin.dev/compare"] !== "off";
  const says =
    "Serin compares the canary with the stable version beside the checks; --same-verdicts leaves only the checks";
  return isCompared ? [{ fate: "differs", says }] : [];
}

function patchOf(
  { progressDeadlineSeconds }: CanarySpec,
  { name, namespace }: CanaryTarget,
  annotations: Annotations,
): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadataOf(name, namespace, Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(progressDeadlineSeconds !== undefined && { spec: { progressDeadlineSeconds } }),
  };
}

function aboutTemplate({ name, object }: MetricTemplate): readonly Note[] {
  return notesAbout(object, metricTemplateFields, []).map(({ field = "", ...note }) => ({
    ...note,
    field: `MetricTemplate ${name}: ${field}`,
  }));
}

function templatesIn(objects: readonly SourceObject[]): readonly MetricTemplate[] {
  return objects.filter(({ kind }) => kind === "MetricTemplate").map(metricTemplate);
}

function deploymentIn(objects: readonly SourceObject[], name: string, namespace: string | undefined) {
  const found = objects.find((object) => {
    const place = placeOf(object);
    return (
      object.kind === "Deployment" && place.name === name && (place.namespace ?? namespace) === namespace
    );
  });
  return found as Deployment | undefined;
}
