import { httpRoutes, services } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { JsonPatch } from "../../../kube/core/writes.ts";
import { notAccepted, settleMs } from "../../../rollout/gateways/settle.ts";
import { annotationPath } from "../../../rollout/keys.ts";
import { equal } from "../../../rollout/text/equal.ts";
import { givesTo, names, type Shares, withoutBackend, withShares } from "../backends.ts";
import { guardedPatch, KUBE_PROXY_MS } from "../guarded-patch.ts";
import type { LiveStep, LiveWrite } from "../step.ts";
import type { FlaggerSeen } from "./seen.ts";

type Step = LiveStep<FlaggerSeen>;

/** Flagger's annotations on Services and route: with them, Flux would never apply the user's. */
const IGNORED_BY_FLUX = ["kustomize.toolkit.fluxcd.io/reconcile", "helm.toolkit.fluxcd.io/driftDetection"];

export const shift: Step = {
  name: "shift",
  does: "Give the canary Service, which has your Deployment's pods, all weight of the HTTPRoute.",
  checks: "The gateway has accepted the route, and has had twice the time that it needs to follow.",
  serves: "your Deployment, by the canary Service",
  isDone: (seen) => seen.route === undefined || !givesTo(seen.route, primaryOf(seen)),
  writes: (seen) => sharesOf(seen, { [primaryOf(seen)]: 0, [canaryOf(seen)]: 100 }),
  unready: notAcceptedYet,
  settleMs: twice,
  undo: (seen) => sharesOf(seen, { [primaryOf(seen)]: 100, [canaryOf(seen)]: 0 }),
};

export const select: Step = {
  name: "select",
  does: "Let your Service select the pods of your Deployment; remove the marks by which Flux ignores it.",
  checks: "Its endpoints are those of the canary Service.",
  serves: "your Deployment; callers in the cluster move to it now",
  isDone: ({ service, deployment }) =>
    service === undefined || equal(service.spec.selector, deployment.spec.selector.matchLabels),
  refuses: ({ deployment }) =>
    deployment.spec.selector.matchLabels === undefined || deployment.spec.selector.matchExpressions
      ? "the Deployment's selector has expressions, which a Service cannot have: set the Service's selector yourself"
      : undefined,
  writes: ({ service, deployment }) =>
    selectorOf(service, deployment.spec.selector.matchLabels, service && marksOf(service)),
  unready({ service, canaryService, endpoints, deployment }) {
    const isOwn = equal(service?.spec.selector, deployment.spec.selector.matchLabels);
    if (!isOwn || canaryService === undefined || service === undefined) return undefined;
    const sorted = (name: string) => (endpoints.get(name) ?? []).toSorted().join();
    const isSame = sorted(service.metadata.name) === sorted(canaryService.metadata.name);
    return isSame
      ? undefined
      : "select: your Service does not have the same endpoints as the canary Service yet";
  },
  settleMs: () => KUBE_PROXY_MS,
  undo: ({ service, primaryService }) => selectorOf(service, primaryService?.spec.selector),
};

// Three patches, because a gateway whose clusters and routes come by different ways answers errors for a cluster that is new.
export const add: Step = {
  name: "add",
  does: "Add your Service to the HTTPRoute with weight 0.",
  checks: "The gateway has accepted the route, and has had twice the time that it needs to follow.",
  serves: "your Deployment, by the canary Service",
  isDone: (seen) => seen.route === undefined || names(seen.route, ownOf(seen)),
  writes: (seen) => sharesOf(seen, { [canaryOf(seen)]: 100, [ownOf(seen)]: 0 }),
  unready: notAcceptedYet,
  settleMs: twice,
  undo: (seen) => (seen.route ? rules(seen.route, withoutBackend(seen.route, ownOf(seen))) : []),
};

export const move: Step = {
  name: "move",
  does: "Give your Service all weight of the HTTPRoute.",
  checks: "The gateway has accepted the route, and has had twice the time that it needs to follow.",
  serves: "your Deployment, by your Service",
  isDone: (seen) => seen.route === undefined || !givesTo(seen.route, canaryOf(seen)),
  writes: (seen) => sharesOf(seen, { [canaryOf(seen)]: 0, [ownOf(seen)]: 100 }),
  unready: notAcceptedYet,
  settleMs: twice,
  undo: (seen) => sharesOf(seen, { [canaryOf(seen)]: 100, [ownOf(seen)]: 0 }),
};

export const only: Step = {
  name: "only",
  does: "Write the rules of the HTTPRoute as you would: with your Service alone; remove the marks by which Flux ignores it.",
  checks: "The gateway has accepted the route, and has had twice the time that it needs to follow.",
  serves: "your Deployment, by your Service",
  isDone: (seen) =>
    seen.route === undefined || !(names(seen.route, canaryOf(seen)) || names(seen.route, primaryOf(seen))),
  refuses: ({ converted }) =>
    converted === undefined ? "without the Canary nothing says what rules the route should have" : undefined,
  writes: ({ route, converted }) => (route && converted ? rules(route, converted.rules, marksOf(route)) : []),
  unready: notAcceptedYet,
  settleMs: twice,
  undo: (seen) => sharesOf(seen, { [ownOf(seen)]: 100, [canaryOf(seen)]: 0, [primaryOf(seen)]: 0 }),
};

/** The name of the user's Service; Flagger derives the others from it. */
function ownOf({ service, route, deployment }: FlaggerSeen): string {
  return service?.metadata.name ?? route?.metadata.name ?? deployment.metadata.name;
}

function primaryOf(seen: FlaggerSeen): string {
  return `${ownOf(seen)}-primary`;
}

function canaryOf(seen: FlaggerSeen): string {
  return `${ownOf(seen)}-canary`;
}

function sharesOf({ route }: FlaggerSeen, shares: Shares): readonly LiveWrite[] {
  return route === undefined ? [] : rules(route, withShares(route, shares));
}

function rules(route: Route, wanted: readonly object[], more: JsonPatch = []): readonly LiveWrite[] {
  return [guardedPatch(httpRoutes, route, [{ op: "replace", path: "/spec/rules", value: wanted }, ...more])];
}

function marksOf({ metadata: { annotations = {} } }: Route | Service): JsonPatch {
  const own = IGNORED_BY_FLUX.filter((key) => annotations[key] === "disabled");
  return own.map((key) => ({ op: "remove", path: annotationPath(key) }));
}

function selectorOf(
  service: FlaggerSeen["service"],
  selector: Readonly<Record<string, string>> | undefined,
  more: JsonPatch = [],
): readonly LiveWrite[] {
  if (service === undefined || selector === undefined) return [];
  return [
    guardedPatch(services, service, [{ op: "replace", path: "/spec/selector", value: selector }, ...more]),
  ];
}

function notAcceptedYet({ route }: FlaggerSeen): string | undefined {
  return route && notAccepted(route);
}

/** The gateway's status is no proof that its traffic follows. */
function twice({ route }: FlaggerSeen): number {
  return route === undefined ? 0 : 2 * settleMs(route);
}
