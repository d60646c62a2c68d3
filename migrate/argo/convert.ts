import { isRecord } from "../../rollout/text/parse.ts";
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
import { distinct, type Note, notCarried } from "../note.ts";
import { withoutDeployment } from "../other-workload.ts";
import { type Checks, together } from "../template.ts";
import type { TemplateNames } from "../template-names.ts";
import { checksOfAnalysis } from "./analysis.ts";
import { deploymentFor } from "./deployment.ts";
import { rolloutFields } from "./fields.ts";
import { analysisTemplateSpec, type RolloutAnalysis, type RolloutSpec, rolloutSpec } from "./rollout.ts";
import { routesOf } from "./routes.ts";
import { blueGreenStrategy, canaryStrategy } from "./steps.ts";
import { analysisTemplateFields } from "./template-fields.ts";

const CANARY = "spec.strategy.canary";
const BLUE_GREEN = "spec.strategy.blueGreen";
const SUBSCRIPTION = "notifications.argoproj.io/subscribe.";

/** The field from which an annotation comes, for the note about one that Serin refuses. */
const origins: Readonly<Record<string, string>> = {
  "serin.dev/steps": `${CANARY}.steps`,
  "serin.dev/size": `${CANARY}.steps[].setCanaryScale`,
  "serin.dev/match": `${CANARY}.steps[].setHeaderRoute`,
  "serin.dev/mirror": `${CANARY}.steps[].setMirrorRoute`,
  "serin.dev/services": `${CANARY}.stableService`,
  "serin.dev/routes": `${CANARY}.trafficRouting.plugins`,
};

/** What a Rollout needs beside itself. */
export interface ArgoContext extends ConvertOptions {
  readonly objects: readonly SourceObject[];
  readonly names: TemplateNames;
}

/** Converts a Rollout of Argo Rollouts. Throws an Error if it does not have the form of its CRD. */
export function convertRollout(object: SourceObject, context: ArgoContext): Conversion {
  const spec = rolloutSpec(object);
  const { name: rollout, namespace } = placeOf(object);
  const source = `rollout/${rollout}`;
  const { kind = "Deployment", name = rollout } = spec.workloadRef ?? {};
  if (kind !== "Deployment") {
    const not = { field: "spec.workloadRef", workload: `workload is a ${kind}` };
    return withoutDeployment({ source, namespace, name }, object, rolloutFields, not);
  }
  const used: SourceObject[] = [];
  const plan = planOf(spec, namespace, context, used);
  const isWhole = spec.template !== undefined;
  const deployment = deploymentFor(spec, object, metadataOf(name, namespace), plan.annotations);
  return {
    source,
    namespace,
    name,
    files: filesOf([
      { name: isWhole ? "deployment.yaml" : "deployment-patch.yaml", objects: [deployment] },
      { name: "templates.yaml", objects: plan.templates },
    ]),
    notes: distinct([
      ...notesAbout(object, rolloutFields, [...plan.notes, ...subscriptions(object)]),
      ...used.flatMap(aboutTemplate),
    ]),
  };
}

function planOf(
  spec: RolloutSpec,
  namespace: string | undefined,
  { objects, names, sameVerdicts }: ArgoContext,
  used: SourceObject[],
): Checks & { readonly annotations: Annotations } {
  const { canary, blueGreen } = spec.strategy;
  const none = { annotations: {}, notes: [] };
  const strategy = blueGreen ? blueGreenStrategy(blueGreen) : canary ? canaryStrategy(canary) : none;
  const routes = routesOf(canary?.trafficRouting?.plugins, namespace);
  const services = blueGreen?.activeService ?? canary?.stableService;
  const find = (wanted: string, isShared: boolean) => {
    const kind = isShared ? "ClusterAnalysisTemplate" : "AnalysisTemplate";
    const found = objects.find((one) => {
      const place = placeOf(one);
      return (
        one.kind === kind &&
        place.name === wanted &&
        (isShared || (place.namespace ?? namespace) === namespace)
      );
    });
    if (found === undefined) return undefined;
    used.push(found);
    return { name: wanted, spec: analysisTemplateSpec(found) };
  };
  const context = {
    names,
    find,
    stableService: services,
    canaryService: blueGreen?.previewService ?? canary?.canaryService,
  };
  const checks = together(
    analysesIn(spec).map(([path, analysis]) => checksOfAnalysis(analysis, { ...context, path })),
  );
  const isOptedIn = "serin.dev/rollout" in strategy.annotations;
  const limits = checks.checks.join(", ") || (sameVerdicts ? "none" : "");
  const plan = accepted(
    isOptedIn
      ? {
          ...strategy.annotations,
          ...(services !== undefined && { "serin.dev/services": services }),
          ...(routes.text !== undefined && { "serin.dev/routes": routes.text }),
          ...(limits !== "" && { "serin.dev/checks": limits }),
          ...(sameVerdicts && { "serin.dev/compare": "off" }),
        }
      : {},
    origins,
  );
  return {
    ...checks,
    annotations: plan.annotations,
    notes: [...strategy.notes, ...routes.notes, ...checks.notes, ...plan.notes],
  };
}

/** Every analysis of a Rollout with its path. */
function analysesIn({
  strategy: { canary, blueGreen },
}: RolloutSpec): readonly (readonly [string, RolloutAnalysis])[] {
  const found: readonly (readonly [string, RolloutAnalysis | undefined])[] = [
    [`${CANARY}.analysis`, canary?.analysis],
    ...(canary?.steps ?? []).map(({ analysis }) => [`${CANARY}.steps[].analysis`, analysis] as const),
    [`${BLUE_GREEN}.prePromotionAnalysis`, blueGreen?.prePromotionAnalysis],
    [`${BLUE_GREEN}.postPromotionAnalysis`, blueGreen?.postPromotionAnalysis],
  ];
  return found.flatMap(([path, analysis]) => (analysis === undefined ? [] : [[path, analysis] as const]));
}

function subscriptions({ metadata }: SourceObject): readonly Note[] {
  const annotations =
    isRecord(metadata) && isRecord(metadata.annotations) ? Object.keys(metadata.annotations) : [];
  const found = annotations.filter((key) => key.startsWith(SUBSCRIPTION));
  return found.map((key) =>
    notCarried(`metadata.annotations.${key}`, "use `serin.dev/notify`: docs/notifications.md"),
  );
}

function aboutTemplate(object: SourceObject): readonly Note[] {
  const { name } = placeOf(object);
  return notesAbout(object, analysisTemplateFields, []).map(({ field = "", ...note }) => ({
    ...note,
    field: `${String(object.kind)} ${name}: ${field}`,
  }));
}
