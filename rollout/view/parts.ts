import { conditionOf } from "../../kube/core/meta.ts";
import type { Pod, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { gatewaysOf } from "../gateways/lookup.ts";
import { notAccepted } from "../gateways/settle.ts";
import { restartsOf } from "../judge/restarts.ts";
import { exposureAt } from "../plan/grant.ts";
import type { Plan } from "../plan/plan.ts";
import { containersOf, podReason } from "../stages/pod-reason.ts";
import { type Snapshot, stepIndex } from "../stages/snapshot.ts";
import { canaryServiceName } from "../traffic/canary-service.ts";
import { isExposed } from "../traffic/exposure.ts";
import { isIsolatedTo } from "../traffic/isolation.ts";
import { homeOf } from "../traffic/route-record.ts";
import { isIsolated } from "../traffic/service-record.ts";
import { revisionOf } from "../workload/revision.ts";
import { hashOf } from "../workload/template.ts";
import type { RolloutView } from "./view.ts";

/** A ReplicaSet with its counts. */
export function versionView(set: ReplicaSet | undefined): RolloutView["versions"]["canary"] {
  if (set === undefined) return undefined;
  const revision = revisionOf(set);
  return {
    replicaSet: set.metadata.name,
    ...(revision !== undefined && { revision }),
    pods: set.status?.replicas ?? 0,
    ready: set.status?.readyReplicas ?? 0,
  };
}

/** The images of both templates, by container. */
export function imagesOf(
  stable: PodTemplate | undefined,
  canary: PodTemplate | undefined,
): RolloutView["images"] {
  const [was, is] = [named(stable), named(canary)];
  return [...new Set([...is.keys(), ...was.keys()])].map((container) => {
    const [before, after] = [was.get(container), is.get(container)];
    return {
      container,
      ...(before !== undefined && { stable: before }),
      ...(after !== undefined && { canary: after }),
    };
  });
}

/** Container → image. */
export function named(template: PodTemplate | undefined): ReadonlyMap<string, string> {
  const containers = (template?.spec?.containers ?? []) as readonly { name?: unknown; image?: unknown }[];
  return new Map(containers.map(({ name, image }, i) => [String(name ?? i), String(image ?? "")]));
}

/** The steps of the plan. */
export function stepsView({ steps }: Plan): RolloutView["steps"] {
  return steps.map((step) => {
    if (step.kind === "pause") return { kind: step.kind };
    const weight = step.kind === "weight" ? step.weight : step.kind === "mirror" ? step.percent : undefined;
    return {
      kind: step.kind,
      ...(weight !== undefined && { weight }),
      leastSeconds: step.leastMs / 1000,
    };
  });
}

/**
 * The shares of the traffic that the routes give; without a route, the shares of the pods that are ready. If the reader may
 * not see the routes, isolated Services show that there are some: then the granted weight counts once the step is told.
 */
export function trafficOf(snapshot: Snapshot, isTold: boolean): RolloutView["traffic"] {
  if (snapshot.routes.length === 0) {
    if (!snapshot.services.some(isIsolated)) return sharesOf(percentOfPods(snapshot));
    const { weight } = exposureAt(snapshot.plan, stepIndex(snapshot), { cookie: "", id: "" });
    return sharesOf(withServices(snapshot, isTold ? weight : 0));
  }
  const shares = [...snapshot.shares.values()];
  const weight = Math.max(0, ...shares.map((share) => share.weight));
  const copies = Math.max(0, ...shares.map(({ mirror = 0 }) => mirror));
  return {
    ...sharesOf(withServices(snapshot, weight)),
    ...(copies > 0 && { copies }),
    ...(shares.some(({ match }) => match !== undefined) && { matching: true }),
  };
}

/** The canary's share if the routes give it this weight, and the user's Services the rest, in percent. */
function withServices(snapshot: Snapshot, weight: number): number {
  return weight + ((100 - weight) * percentByServices(snapshot, weight)) / 100;
}

/**
 * The canary's share of the requests to the user's Services, in percent. In a promotion they select both versions before the
 * routes are drained, or only the new one. A reader who may not see them knows that once the routes are drained.
 */
function percentByServices(snapshot: Snapshot, weight: number): number {
  const { services, held, run, judged } = snapshot;
  // After an undo the Deployment's template, and with it the snapshot's canary, is the stable version.
  if (judged && services.some((service) => isIsolated(service) && isIsolatedTo(service, hashOf(judged))))
    return 100;
  const isPromoted = held.phase === "promoting" || run?.outcome === "proven";
  if (!isPromoted || services.some(isIsolated)) return 0;
  return services.length === 0 && weight > 0 ? 0 : percentOfPods(snapshot);
}

function sharesOf(percent: number): RolloutView["traffic"] {
  const canary = Math.round(percent);
  return { canary, stable: 100 - canary };
}

/** The canary's share of the pods that are ready, in percent. */
function percentOfPods({ canary, stable }: Snapshot): number {
  const [own, others] = [readyPods(canary), readyPods(stable)];
  return own === 0 ? 0 : (100 * own) / (own + others);
}

/** Since when the canary has the traffic that it has. */
export function trafficSince({ shares, run }: Snapshot): string | undefined {
  const since = [...shares.values()].filter(isExposed).map((share) => share.since);
  return since.toSorted().at(-1) ?? run?.inForceSince;
}

/** The pods of both versions, the canary's first. */
export function podsView({ pods, stablePods }: Snapshot): RolloutView["pods"] {
  return [...pods.map((pod) => podView(pod, "canary")), ...stablePods.map((pod) => podView(pod, "stable"))];
}

function podView(pod: Pod, version: "canary" | "stable"): RolloutView["pods"][number] {
  const { creationTimestamp, name } = pod.metadata;
  const node = pod.spec?.nodeName;
  const ready = conditionOf(pod.status?.conditions, "Ready")?.status === "True";
  const reason = ready ? "" : podReason(pod).slice(2);
  const waiting = containersOf(pod).find(({ state }) => state?.waiting?.reason)?.state?.waiting?.reason;
  return {
    name,
    version,
    phase: waiting ?? pod.status?.phase ?? "Pending",
    ready,
    restarts: restartsOf(pod),
    ...(creationTimestamp !== undefined && { created: creationTimestamp }),
    ...(node !== undefined && { node }),
    ...(reason !== "" && { says: reason }),
  };
}

/** The user's Services. */
export function servicesView({ services, canaryServices }: Snapshot): RolloutView["services"] {
  const made = new Set(canaryServices.map(({ metadata }) => metadata.name));
  return services.map((service) => {
    const { name } = service.metadata;
    const canaryService = canaryServiceName(name);
    return {
      name,
      isolated: isIsolated(service),
      ...(made.has(canaryService) && { canaryService }),
    };
  });
}

/** The routes that name them. */
export function routesView({ routes, shares }: Snapshot): RolloutView["routes"] {
  return routes.map((route) => {
    const share = shares.get(route);
    const complaint = notAccepted(route, share);
    return {
      ...homeOf(route),
      name: route.metadata.name,
      gateways: [...new Set(gatewaysOf(route).map(({ name }) => name))],
      ...(share && { weight: share.weight }),
      ...(complaint !== undefined && { says: complaint }),
    };
  });
}

function readyPods(set: ReplicaSet | undefined): number {
  return set?.status?.readyReplicas ?? 0;
}
