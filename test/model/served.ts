import type { Route } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { selectorOf, serviceRecordOf } from "../../rollout/traffic/service-record.ts";
import { hashOf, sameTemplate } from "../../rollout/workload/template.ts";
import { heldIn, runIn } from "./records.ts";
import type { World } from "./world.ts";

/** Throws if in these routes a Service has weight but no ready endpoint while a version that may serve has some. */
export function checkServable(world: World, routes: readonly Route[]): void {
  const refs = routes.flatMap(({ spec }) => (spec.rules ?? []).flatMap((rule) => rule.backendRefs ?? []));
  for (const { name, weight = 1 } of refs) {
    const service = world.find("services", name);
    if (weight === 0) continue;
    // A change from outside that deletes a Service excuses what it loses.
    if (service === undefined) throw new Error(`Service ${name} has weight but does not exist`);
    const { app } = selectorOf(service);
    const deployment = world.find("deployments", app ?? "");
    const stable = deployment && heldIn(deployment)?.stable;
    // The unproven version of a Deployment that is gone never serves: Serin, or native control, removes its pods.
    const mayServe = (set: ReplicaSet) =>
      stable === undefined
        ? isProven(set) || world.begunNatively.has(set.metadata.name)
        : hashOf(set) === stable;
    const may = world
      .list("replicasets")
      .some(
        (set) => set.metadata.labels?.app === app && mayServe(set) && (set.status?.readyReplicas ?? 0) > 0,
      );
    if (may && [...world.endpoints(service).values()].every((ready) => ready === 0))
      throw new Error(`Service ${name} has weight but no ready endpoint`);
  }
}

function isProven(set: ReplicaSet): boolean {
  const outcome = runIn(set)?.outcome;
  return outcome !== "running" && outcome !== "failed";
}

/** Whether Serin made the Service: its canary Services carry the mark without a record, also those that lost their owner. */
function isMade(service: Service): boolean {
  return service.metadata.labels?.[FLIGHT] !== undefined && serviceRecordOf(service) === undefined;
}

/** The users' Services that select no ready pod although their Deployment has one and no stable version to serve instead. */
export function unserved(world: World): string[] {
  const isReady = ({ status }: { status?: { readyReplicas?: number } }) => (status?.readyReplicas ?? 0) > 0;
  return world.list("services").flatMap((service) => {
    const deployment = world.find("deployments", selectorOf(service).app ?? "");
    if (isMade(service) || deployment === undefined) return [];
    const sets = world.replicaSetsOf(deployment);
    const stable = heldIn(deployment)?.stable;
    const isLost = sets.every((set) => hashOf(set) !== stable);
    // Native control removes the pods of a canary that another Deployment has adopted, unless that one wants the same version.
    const mayServe = (set: ReplicaSet) =>
      stable !== undefined || isProven(set) || sameTemplate(set.spec.template, deployment.spec.template);
    const isServed = [...world.endpoints(service).values()].some((ready) => ready > 0);
    return isLost && sets.some((set) => isReady(set) && mayServe(set)) && !isServed
      ? [service.metadata.name]
      : [];
  });
}
