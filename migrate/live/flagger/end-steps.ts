import type { KubeObject } from "../../../kube/core/meta.ts";
import { deployments, services } from "../../../kube/core/resources.ts";
import { FLIGHT } from "../../../rollout/keys.ts";
import { scaleTo } from "../guarded-patch.ts";
import type { LiveStep, LiveWrite } from "../step.ts";
import { canaries, type FlaggerSeen, type Leftover } from "./seen.ts";

type Step = LiveStep<FlaggerSeen>;

export const release: Step = {
  name: "release",
  does: "Delete the Canary with --cascade=orphan, so that its Service, route and primary stay. From here on nothing goes back.",
  checks: "No object names the Canary as its owner.",
  serves: "your Deployment, by your Service",
  isDone: ({ canary }) => canary === undefined || canary.metadata.deletionTimestamp !== undefined,
  writes: ({ canary }) =>
    canary === undefined ? [] : [deletion({ resource: canaries, object: canary }, true)],
  unready(seen) {
    if (seen.canary !== undefined && seen.canary.metadata.deletionTimestamp === undefined) return undefined;
    const owned = [seen.service, seen.route, seen.primary, seen.canaryService, seen.primaryService].find(
      isOwned,
    );
    if (seen.canary === undefined && owned === undefined) return undefined;
    return `release: ${owned ? `${owned.kind ?? "object"} ${owned.metadata.name} still names the Canary as its owner` : "the Canary is not gone yet"}`;
  },
};

export const drainPrimary: Step = {
  name: "drain",
  does: "Delete the primary's autoscaler and scale the primary to zero.",
  checks: "The primary has no pod.",
  serves: "your Deployment, by your Service",
  isDone: ({ primary, primaryScaler }) => primaryScaler === undefined && (primary?.spec.replicas ?? 0) === 0,
  writes: ({ primary, primaryScaler }) => [
    ...(primaryScaler === undefined ? [] : [deletion(primaryScaler)]),
    ...(primary === undefined ? [] : [scaleTo(deployments, primary, 0)]),
  ],
  unready: ({ primary }) =>
    (primary?.spec.replicas ?? 0) === 0 && (primary?.status?.replicas ?? 0) > 0
      ? "drain: the primary still has pods"
      : undefined,
};

export const remove: Step = {
  name: "remove",
  does: "Delete the primary's ConfigMaps and Secrets, the Services -primary and -canary, and the primary.",
  checks: "They are gone.",
  serves: "your Deployment, by your Service",
  isDone: (seen) => leftovers(seen).length === 0,
  // The primary names its copies, so it goes last.
  writes: (seen) => leftovers(seen).map((one) => deletion(one)),
};

function leftovers({ copies, primaryService, canaryService, primary }: FlaggerSeen): readonly Leftover[] {
  const isSerins = (object: KubeObject) => FLIGHT in (object.metadata.labels ?? {});
  const both = [primaryService, canaryService].filter((object) => object !== undefined);
  return [
    ...copies,
    ...both.filter((object) => !isSerins(object)).map((object) => ({ resource: services, object })),
    ...(primary === undefined ? [] : [{ resource: deployments, object: primary }]),
  ];
}

function deletion({ resource, object }: Leftover, orphan = false): LiveWrite {
  return {
    verb: "delete",
    resource,
    name: object.metadata.name,
    uid: object.metadata.uid,
    ...(orphan && { orphan }),
  };
}

function isOwned(object: KubeObject | undefined): boolean {
  return object?.metadata.ownerReferences?.some(({ kind }) => kind === "Canary") ?? false;
}
