import type { Kube } from "../../kube/client/api.ts";
import { ifNotFound } from "../../kube/client/errors.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import {
  configMaps,
  deployments,
  horizontalPodAutoscalers,
  httpRoutes,
  type Resource,
  secrets,
  services,
} from "../../kube/core/resources.ts";
import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { SourceObject } from "../../migrate/conversion.ts";
import { convert } from "../../migrate/convert.ts";
import {
  type Canary,
  canaries,
  type FlaggerSeen,
  type Leftover,
  metricTemplates,
  scaledObjects,
} from "../../migrate/live/flagger/seen.ts";
import { equal } from "../../rollout/text/equal.ts";
import { isRecord } from "../../rollout/text/parse.ts";
import { usesOf } from "../../rollout/tracking/uses.ts";
import { findAll, findOne, type LivePlace, missingTemplates, readyAddresses } from "./reading.ts";

/** Reads what the switch-over from Flagger looks at. Throws ApiError, also if the Deployment does not exist. */
export async function readFlagger(place: LivePlace): Promise<FlaggerSeen> {
  const { kube, namespace, name } = place;
  const one = <T extends KubeObject>(resource: Resource, wanted: string) =>
    findOne<T>(place, resource, wanted);
  const all = <T extends KubeObject>(resource: Resource) => findAll<T>(place, resource);
  const [deployment, primary, canary, every, endpoints] = await Promise.all([
    kube.get<Deployment>(deployments, { namespace, name }),
    one<Deployment>(deployments, `${name}-primary`),
    all<Canary>(canaries).then((found) => found.find((each) => isAbout(each, name))),
    all<Service>(services),
    readyAddresses(place),
  ]);
  const own = serviceName(canary, primary, every) ?? name;
  const serviceCalled = (wanted: string) => every.find(({ metadata }) => metadata.name === wanted);
  const scaler = (canary?.spec.autoscalerRef as { kind?: string; name?: string } | undefined) ?? {};
  const isKeda = scaler.kind === "ScaledObject";
  const [route, scaledObject, primaryScaler, copies, conversion] = await Promise.all([
    one<Route>(httpRoutes, own),
    isKeda ? one(scaledObjects, scaler.name ?? "") : undefined,
    primaryScalerOf(primary, all),
    copiesOf(deployment, primary, one),
    canary && convertedOf(place, canary, deployment, await all(metricTemplates)),
  ]);
  return {
    canary,
    deployment,
    primary,
    service: serviceCalled(own),
    primaryService: serviceCalled(`${own}-primary`),
    canaryService: serviceCalled(`${own}-canary`),
    route,
    endpoints,
    scaledObject,
    primaryScaler,
    copies,
    converted: conversion?.converted,
    missingTemplates: conversion?.missing ?? [],
  };
}

function isAbout({ spec }: Canary, deployment: string): boolean {
  const { targetRef } = spec;
  return (
    isRecord(targetRef) && targetRef.name === deployment && (targetRef.kind ?? "Deployment") === "Deployment"
  );
}

/** The user's Service: as the Canary names it, or after the Canary's end the one beside the primary's. */
function serviceName(
  canary: Canary | undefined,
  primary: Deployment | undefined,
  every: readonly Service[],
): string | undefined {
  const named = isRecord(canary?.spec.service) ? canary.spec.service.name : undefined;
  if (typeof named === "string") return named;
  const labels = primary?.spec.selector.matchLabels;
  const beside = every.find(
    ({ metadata, spec }) => metadata.name.endsWith("-primary") && equal(spec.selector, labels),
  );
  return beside?.metadata.name.slice(0, -"-primary".length);
}

type ReadAll = <T extends KubeObject>(resource: Resource) => Promise<readonly T[]>;
type ReadOne = <T extends KubeObject>(resource: Resource, name: string) => Promise<T | undefined>;

async function primaryScalerOf(primary: Deployment | undefined, all: ReadAll): Promise<Leftover | undefined> {
  if (primary === undefined) return undefined;
  for (const resource of [scaledObjects, horizontalPodAutoscalers]) {
    const object = (await all(resource)).find(({ spec }) => {
      const target = isRecord(spec) && isRecord(spec.scaleTargetRef) ? spec.scaleTargetRef : {};
      return target.name === primary.metadata.name && (target.kind ?? "Deployment") === "Deployment";
    });
    if (object !== undefined) return { resource, object };
  }
  return undefined;
}

/** The ConfigMaps and Secrets that Flagger copied for the primary: those that only the primary names. */
async function copiesOf(
  deployment: Deployment,
  primary: Deployment | undefined,
  one: ReadOne,
): Promise<readonly Leftover[]> {
  const own = usesOf(deployment.spec.template);
  const used = primary === undefined ? [] : [...usesOf(primary.spec.template).keys()];
  const copied = used.filter(
    (key) => key.endsWith("-primary") && !own.has(key) && own.has(key.slice(0, -"-primary".length)),
  );
  const found = await Promise.all(
    copied.map(async (key): Promise<Leftover | undefined> => {
      const [kind, name = ""] = key.split("/");
      const resource = kind === "secret" ? secrets : configMaps;
      const object = await one(resource, name);
      return object && { resource, object };
    }),
  );
  return found.filter((each) => each !== undefined);
}

/** What convert makes of the Canary, and the templates that Serin's namespace lacks. */
async function convertedOf(
  place: LivePlace,
  canary: Canary,
  deployment: Deployment,
  templates: readonly KubeObject[],
) {
  const object: SourceObject = { ...canary, apiVersion: "flagger.app/v1beta1", kind: "Canary" };
  const [conversion] = convert(
    [object, deployment, ...(await templatesElsewhere(place.kube, canary, templates))],
    { sameVerdicts: false },
  );
  const objects = (name: string) => conversion?.files.find((file) => file.name === name)?.objects ?? [];
  const [patched] = objects("deployment-patch.yaml");
  const [route] = objects("httproute.yaml") as readonly Route[];
  const missing = await missingTemplates(place, objects("templates.yaml"));
  if (patched === undefined || route === undefined) return undefined;
  const deadline = (patched.spec as { progressDeadlineSeconds?: number } | undefined)
    ?.progressDeadlineSeconds;
  return {
    converted: {
      annotations: patched.metadata.annotations ?? {},
      rules: route.spec.rules ?? [],
      ...(deadline !== undefined && { progressDeadlineSeconds: deadline }),
    },
    missing,
  };
}

/** The MetricTemplates of the Canary's namespace, and those of others that it names. */
async function templatesElsewhere(
  kube: Kube,
  canary: Canary,
  here: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const { analysis } = canary.spec;
  const metrics =
    isRecord(analysis) && Array.isArray(analysis.metrics) ? (analysis.metrics as readonly unknown[]) : [];
  const refs = metrics.flatMap((metric) =>
    isRecord(metric) && isRecord(metric.templateRef) ? [metric.templateRef] : [],
  );
  const others = refs.filter(
    ({ namespace }) => namespace !== undefined && namespace !== canary.metadata.namespace,
  );
  const read = await Promise.all(
    others.map(({ namespace, name }) =>
      kube
        .get(metricTemplates, { namespace: String(namespace), name: String(name) })
        .catch(ifNotFound(undefined)),
    ),
  );
  const found = [...here, ...read.filter((each) => each !== undefined)];
  return found.map((each) => ({ ...each, apiVersion: "flagger.app/v1beta1", kind: "MetricTemplate" }));
}
