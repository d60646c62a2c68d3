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
import { distinct } from "../note.ts";
import { withoutDeployment } from "../other-workload.ts";
import { kruiseFields } from "./fields.ts";
import { type KruiseStrategy, kruiseSpec } from "./rollout.ts";
import { annotationsOfSteps } from "./steps.ts";

/** Converts a Rollout of Kruise Rollouts. Throws an Error if it does not have the form of its CRD, or another version. */
export function convertKruise(object: SourceObject, { sameVerdicts }: ConvertOptions): Conversion {
  const { name: rollout, namespace } = placeOf(object);
  const source = `rollout/${rollout}`;
  if (object.apiVersion !== "rollouts.kruise.io/v1beta1")
    throw new Error(
      `${source}: ${String(object.apiVersion)} is not known: let the API server convert it, with kubectl get rollouts.v1beta1.rollouts.kruise.io ${rollout} -o yaml`,
    );
  const spec = kruiseSpec(object);
  const { kind = "Deployment", name = rollout } = spec.workloadRef ?? {};
  if (kind !== "Deployment") {
    const not = { field: "spec.workloadRef", workload: `workload is a ${kind}` };
    return withoutDeployment({ source, namespace, name }, object, kruiseFields, not);
  }
  const { canary, blueGreen } = spec.strategy;
  const [path, strategy] = blueGreen
    ? (["spec.strategy.blueGreen", blueGreen] as const)
    : (["spec.strategy.canary", canary ?? { steps: [], trafficRoutings: [] }] as const);
  const steps = annotationsOfSteps(strategy, path);
  const wanted: Annotations = {
    ...steps.annotations,
    ...placesOf(strategy),
    ...(sameVerdicts && { "serin.dev/compare": "off", "serin.dev/checks": "none" }),
  };
  const origins = { "serin.dev/steps": `${path}.steps`, "serin.dev/match": `${path}.steps[].matches` };
  const isOptedIn = !spec.disabled && "serin.dev/rollout" in wanted;
  const plan = accepted(isOptedIn ? wanted : {}, origins);
  const { annotations } = plan;
  const metadata = metadataOf(name, namespace, Object.keys(annotations).length > 0 ? { annotations } : {});
  return {
    source,
    namespace,
    name,
    files: filesOf([
      { name: "deployment-patch.yaml", objects: [{ apiVersion: "apps/v1", kind: "Deployment", metadata }] },
    ]),
    notes: distinct(notesAbout(object, kruiseFields, [...steps.notes, ...plan.notes])),
  };
}

function placesOf({ trafficRoutings }: KruiseStrategy) {
  const services = trafficRoutings.flatMap(({ service }) => service ?? []);
  const routes = trafficRoutings.flatMap(({ gateway }) => gateway?.httpRouteName ?? []);
  return {
    ...(services.length > 0 && { "serin.dev/services": [...new Set(services)].join(", ") }),
    ...(routes.length > 0 && { "serin.dev/routes": [...new Set(routes)].join(", ") }),
  };
}
