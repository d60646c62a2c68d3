import { deployments, routeResource, services } from "../../../kube/core/resources.ts";
import { notAccepted, settleMs } from "../../../rollout/gateways/settle.ts";
import { annotationPath, labelPath } from "../../../rollout/keys.ts";
import { isComplete } from "../../../rollout/stages/promote.ts";
import { givesAlone, givesTo, names, withoutBackend, withShares } from "../backends.ts";
import { guardedPatch, KUBE_PROXY_MS, scaleTo } from "../guarded-patch.ts";
import type { LiveStep, LiveWrite } from "../step.ts";
import { type ArgoSeen, argoRollouts, podsAtRest } from "./seen.ts";

type Step = LiveStep<ArgoSeen>;

/** The label by which a controller of Argo Rollouts chooses its Rollouts: one that no controller has hides the Rollout. */
const INSTANCE = "argo-rollouts.argoproj.io/controller-instance-id";
const FROZEN = "serin-migration";
/** A reconcile that began before the label: at rest it ends within this time. */
const RECONCILE_MS = 10_000;
const HASH = "rollouts-pod-template-hash";
const MANAGED = "argo-rollouts.argoproj.io/managed-by-rollouts";

export const freeze: Step = {
  name: "freeze",
  does: `Label the Rollout ${INSTANCE}: ${FROZEN}, so that no controller acts on it; do the same in Git.`,
  checks: "The Rollout is healthy, and its controller has nothing in progress.",
  serves: "the Rollout's pods",
  isDone: ({ rollout }) => rollout === undefined || rollout.metadata.labels?.[INSTANCE] === FROZEN,
  refuses: ({ rollout, missingTemplates, service }) => {
    const { phase, stableRS, currentPodHash } = rollout?.status ?? {};
    if (phase !== "Healthy" || stableRS !== currentPodHash)
      return `the Rollout is ${phase ?? "new"}: wait until it is Healthy`;
    if (service === undefined)
      return "the Rollout names no Service that exists: Serin needs the stable or active Service";
    return missingTemplates.length === 0
      ? undefined
      : `metric templates are missing: ${missingTemplates.join(", ")}: kubectl serin convert writes them, and an administrator applies them`;
  },
  writes: ({ rollout }) =>
    rollout === undefined
      ? []
      : [
          guardedPatch(argoRollouts, rollout, [
            ...(rollout.metadata.labels ? [] : [{ op: "add" as const, path: "/metadata/labels", value: {} }]),
            { op: "add", path: labelPath(INSTANCE), value: FROZEN },
          ]),
        ],
  settleMs: ({ rollout }) => (rollout?.metadata.labels?.[INSTANCE] === FROZEN ? RECONCILE_MS : 0),
  undo: ({ rollout }) =>
    rollout === undefined
      ? []
      : [guardedPatch(argoRollouts, rollout, [{ op: "remove", path: labelPath(INSTANCE) }])],
};

export const join: Step = {
  name: "scale",
  does: "Scale the Deployment to as many pods as the Rollout has.",
  checks: "All its pods are ready.",
  serves: "the Rollout's pods, because the Service demands their hash",
  isDone: ({ deployment, rollout }) => rollout === undefined || (deployment.spec.replicas ?? 1) > 0,
  writes: (seen) => [scaleTo(deployments, seen.deployment, podsAtRest(seen))],
  unready: ({ deployment }) =>
    (deployment.spec.replicas ?? 1) === 0 || isComplete({ deployment })
      ? undefined
      : `scale: ${deployment.status?.availableReplicas ?? 0} of ${deployment.spec.replicas} pods of the Deployment are ready`,
  undo: ({ deployment }) => [scaleTo(deployments, deployment, 0)],
};

export const open: Step = {
  name: "open",
  does: `Remove ${HASH} from the Service's selector, and Argo's annotation.`,
  checks: "Its endpoints are the pods of both, and proxies have had the time to follow.",
  serves: "both: the same version",
  isDone: ({ service }) => service === undefined || !(HASH in (service.spec.selector ?? {})),
  writes: ({ service }) =>
    service === undefined
      ? []
      : [
          guardedPatch(services, service, [
            { op: "remove", path: `/spec/selector/${HASH}` },
            ...(MANAGED in (service.metadata.annotations ?? {})
              ? [{ op: "remove" as const, path: annotationPath(MANAGED) }]
              : []),
          ]),
        ],
  unready: ({ service, endpoints, deployment, stable }) => {
    if (service === undefined || HASH in (service.spec.selector ?? {})) return undefined;
    const ready = (endpoints.get(service.metadata.name) ?? []).length;
    const wanted = (deployment.spec.replicas ?? 1) + (stable?.spec.replicas ?? 0);
    return ready >= wanted ? undefined : `open: the Service has ${ready} of ${wanted} endpoints`;
  },
  settleMs: (seen) => Math.max(KUBE_PROXY_MS, follow(seen)),
  undo: ({ service, rollout }) => {
    const hash = rollout?.status?.stableRS;
    if (service === undefined || rollout === undefined || hash === undefined) return [];
    const { annotations } = service.metadata;
    return [
      guardedPatch(services, service, [
        { op: "add", path: `/spec/selector/${HASH}`, value: hash },
        // Argo's controller does not see the frozen Rollout, and takes the hash out of a Service that does not name it.
        ...(annotations ? [] : [{ op: "add" as const, path: "/metadata/annotations", value: {} }]),
        { op: "add", path: annotationPath(MANAGED), value: rollout.metadata.name },
      ]),
    ];
  },
};

export const withdraw: Step = {
  name: "only",
  does: "Take the canary Service out of the HTTPRoutes and GRPCRoutes, where it has no weight.",
  checks: "The gateway has accepted them, and has had twice the time that it needs to follow.",
  serves: "both: the same version",
  isDone: ({ routes, canaryService }) =>
    canaryService === undefined || !routes.some((route) => names(route, canaryService.metadata.name)),
  refuses: ({ routes, service, canaryService }) => {
    const canary = canaryService?.metadata.name;
    if (canary === undefined) return undefined;
    const alone = routes.find((route) => givesAlone(route, canary, service?.metadata.name));
    if (alone !== undefined)
      return `route ${alone.metadata.name} sends requests to ${canary} alone, which the last step deletes: delete the rule, or let it name another Service, then the same command again`;
    return routes.some((route) => givesTo(route, canary))
      ? "a route still gives the canary Service a weight: the Rollout is not at rest"
      : undefined;
  },
  writes: ({ routes, canaryService }) =>
    routes
      .filter((route) => canaryService !== undefined && names(route, canaryService.metadata.name))
      .map((route) => rulesOf(route, withoutBackend(route, canaryService?.metadata.name ?? ""))),
  unready: ({ routes }) => routes.map((route) => notAccepted(route)).find((why) => why !== undefined),
  settleMs: follow,
  undo: (seen) => {
    const { service, canaryService } = seen;
    if (service === undefined || canaryService === undefined) return [];
    const canary = canaryService.metadata.name;
    return argosRoutes(seen)
      .filter((route) => !names(route, canary))
      .map((route) => rulesOf(route, withShares(route, { [service.metadata.name]: 100, [canary]: 0 })));
  },
  isHalfDone: (seen) => {
    // Where the plugin names no route, a route of the user's may lack the canary Service from the start.
    if (seen.shifted.length === 0) return false;
    const canary = seen.canaryService?.metadata.name ?? "";
    const [first, ...others] = argosRoutes(seen).map((route) => names(route, canary));
    return others.some((one) => one !== first);
  },
};

/** The routes that had the canary Service: those that the plugin shifts, and all if it names none. */
function argosRoutes({ routes, shifted, service }: ArgoSeen): ArgoSeen["routes"] {
  const own = routes.filter((route) => names(route, service?.metadata.name ?? ""));
  return shifted.length === 0 ? own : own.filter(({ metadata }) => shifted.includes(metadata.name));
}

function follow({ routes }: ArgoSeen): number {
  return Math.max(0, ...routes.map((route) => 2 * settleMs(route)));
}

function rulesOf(route: ArgoSeen["routes"][number], value: readonly object[]): LiveWrite {
  return guardedPatch(routeResource(route), route, [{ op: "replace", path: "/spec/rules", value }]);
}
