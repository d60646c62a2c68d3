import type { KubeObject } from "../../kube/core/meta.ts";
import {
  deployments,
  grpcRoutes,
  horizontalPodAutoscalers,
  httpRoutes,
  replicaSets,
  services,
} from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { shiftedRoutes } from "../../migrate/argo/routes.ts";
import type { SourceObject } from "../../migrate/conversion.ts";
import { convert } from "../../migrate/convert.ts";
import {
  type ArgoRollout,
  type ArgoScaler,
  type ArgoSeen,
  argoRollouts,
} from "../../migrate/live/argo/seen.ts";
import { names } from "../../migrate/live/backends.ts";
import { scaledObjects } from "../../migrate/live/flagger/seen.ts";
import { isRecord } from "../../rollout/text/parse.ts";
import { findAll, type LivePlace, missingTemplates, readyAddresses } from "./reading.ts";

const ARGO = { group: "argoproj.io", version: "v1alpha1" };
const HASH = "rollouts-pod-template-hash";

/** Reads what the switch-over from Argo Rollouts looks at. Throws ApiError, also if the Deployment does not exist. */
export async function readArgo(place: LivePlace): Promise<ArgoSeen> {
  const { kube, namespace, name } = place;
  const [deployment, rollout, sets, every, routes, endpoints, autoscalers] = await Promise.all([
    kube.get<Deployment>(deployments, { namespace, name }),
    findAll<ArgoRollout>(place, argoRollouts).then((found) => found.find((one) => isAbout(one, name))),
    findAll<ReplicaSet>(place, replicaSets),
    findAll<Service>(place, services),
    routesOf(place),
    readyAddresses(place),
    scalersOf(place),
  ]);
  const { canary, blueGreen } = strategyOf(rollout);
  const called = (wanted: unknown) => every.find(({ metadata }) => metadata.name === wanted);
  const service = called(blueGreen.activeService ?? canary.stableService);
  const canaryService = called(blueGreen.previewService ?? canary.canaryService);
  const conversion = rollout && (await convertedOf(place, rollout));
  const own = [service, canaryService].flatMap((one) => one?.metadata.name ?? []);
  const { trafficRouting } = canary;
  const shifted = shiftedRoutes(isRecord(trafficRouting) ? trafficRouting.plugins : undefined, namespace);
  return {
    rollout,
    deployment,
    stable: rollout && sets.find((set) => isStable(set, rollout)),
    service,
    canaryService,
    routes: routes.filter(
      (route) => shifted.includes(route.metadata.name) || own.some((one) => names(route, one)),
    ),
    shifted,
    endpoints,
    scalers: autoscalers
      .filter(({ target }) => target.name === rollout?.metadata.name || target.name === name)
      .map(({ scaler }) => scaler),
    annotations: conversion?.annotations,
    missingTemplates: conversion?.missing ?? [],
  };
}

/** The routes of the namespace with their kinds, which a list does not repeat. */
async function routesOf(place: LivePlace): Promise<readonly Route[]> {
  const lists = await Promise.all([
    findAll<Route>(place, httpRoutes).then((found) => found.map((one) => ({ ...one, kind: "HTTPRoute" }))),
    findAll<Route>(place, grpcRoutes).then((found) => found.map((one) => ({ ...one, kind: "GRPCRoute" }))),
  ]);
  return lists.flat();
}

function isAbout({ metadata, spec }: ArgoRollout, deployment: string): boolean {
  const { workloadRef } = spec;
  const isNamed =
    isRecord(workloadRef) && workloadRef.name === deployment && workloadRef.kind === "Deployment";
  return isNamed || (workloadRef === undefined && metadata.name === deployment);
}

function strategyOf(rollout: ArgoRollout | undefined) {
  const strategy = isRecord(rollout?.spec.strategy) ? rollout.spec.strategy : {};
  const of = (name: string) => (isRecord(strategy[name]) ? strategy[name] : {});
  return { canary: of("canary"), blueGreen: of("blueGreen") };
}

function isStable({ metadata }: ReplicaSet, { metadata: { uid }, status }: ArgoRollout): boolean {
  const isOwned = metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
  return isOwned && metadata.labels?.[HASH] === status?.stableRS;
}

async function scalersOf(
  place: LivePlace,
): Promise<readonly { readonly target: { readonly name?: unknown }; readonly scaler: ArgoScaler }[]> {
  const lists = await Promise.all(
    [horizontalPodAutoscalers, scaledObjects].map(async (resource) =>
      (await findAll(place, resource)).map((object) => ({ resource, object })),
    ),
  );
  return lists.flat().flatMap(({ resource, object }) => {
    const target =
      isRecord(object.spec) && isRecord(object.spec.scaleTargetRef) ? object.spec.scaleTargetRef : {};
    return [{ target, scaler: { resource, object, targetsRollout: target.kind === "Rollout" } }];
  });
}

/** The annotations that convert writes for the Rollout, and the templates that Serin's namespace lacks. */
async function convertedOf(place: LivePlace, rollout: ArgoRollout) {
  const kinds = [
    ["AnalysisTemplate", { ...ARGO, plural: "analysistemplates" }],
    ["ClusterAnalysisTemplate", { ...ARGO, plural: "clusteranalysistemplates" }],
  ] as const;
  const templates = await Promise.all(
    kinds.map(async ([kind, resource]) => {
      const where = kind === "AnalysisTemplate" ? place : { ...place, namespace: "" };
      return (await findAll<KubeObject>(where, resource)).map(
        (one): SourceObject => ({ ...one, apiVersion: "argoproj.io/v1alpha1", kind }),
      );
    }),
  );
  const object: SourceObject = { ...rollout, apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" };
  const [conversion] = convert([object, ...templates.flat()], { sameVerdicts: false });
  const objects = conversion?.files.flatMap((file) => file.objects) ?? [];
  const deployment = objects.find(({ kind }) => kind === "Deployment");
  const missing = await missingTemplates(
    place,
    objects.filter(({ kind }) => kind === "ConfigMap"),
  );
  // The others came with the Deployment, and must survive an undo.
  const annotations = Object.entries(deployment?.metadata.annotations ?? {}).filter(([key]) =>
    key.startsWith("serin.dev/"),
  );
  return { annotations: Object.fromEntries(annotations), missing };
}
