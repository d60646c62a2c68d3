import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { isCanaryService } from "../../rollout/traffic/canary-service.ts";
import { servicesOf } from "../../rollout/traffic/isolation.ts";
import { servicesNamed } from "../../rollout/traffic/overlay.ts";
import { shareOf } from "../../rollout/traffic/route-record.ts";
import { serviceRecordOf } from "../../rollout/traffic/service-record.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { findByTemplate, hashOf } from "../../rollout/workload/template.ts";
import { type Cluster, imageOf } from "./cluster.ts";
import { planIn } from "./records.ts";

/** What the controller reads of the rollout of the Deployment of that name; nothing while it is at rest. */
export function see(world: Cluster, name: string): Snapshot | undefined {
  const deployment = world.list("deployments").find(({ metadata }) => metadata.name === name);
  const held = deployment && holdRecordOf(deployment);
  if (deployment === undefined || held === undefined) return undefined;
  const { uid = "", namespace = "" } = deployment.metadata;
  const sets = setsOf(world, deployment).filter(
    (set) =>
      set.metadata.labels?.[FLIGHT] === uid ||
      set.metadata.annotations?.[HELD] !== undefined ||
      hashOf(set) === held.stable ||
      (set.spec.replicas ?? 0) > 0 ||
      imageOf(set) === imageOf(deployment),
  );
  const canary = findByTemplate(sets, deployment.spec.template);
  const stable = sets.find((set) => hashOf(set) === held.stable);
  const services = servicesOf(stable?.spec.template ?? deployment.spec.template, world.list("services"));
  const names = new Set(services.map(({ metadata }) => metadata.name));
  const routes = world
    .routes()
    .filter(
      (route) =>
        shareOf(route, uid) !== undefined ||
        [...servicesNamed(route, namespace)].some((service) => names.has(service)),
    );
  const ready = world
    .list("services")
    .map((service) => [service.metadata.name, [...world.endpoints(service).values()]] as const);
  return {
    now: world.now,
    deployment,
    held,
    plan: planIn(deployment),
    replicaSets: sets,
    canary,
    services,
    formerServices: world
      .list("services")
      .filter(
        (service) =>
          service.metadata.labels?.[FLIGHT] === uid &&
          serviceRecordOf(service) !== undefined &&
          !names.has(service.metadata.name),
      ),
    canaryServices: world
      .list("services")
      .filter((service) => isCanaryService(service) && service.metadata.labels?.[FLIGHT] === uid),
    routes,
    endpoints: new Map(ready.map(([service, counts]) => [service, counts.reduce((a, b) => a + b, 0)])),
    pods: canary === undefined || hashOf(canary) === held.stable ? [] : world.pods(canary),
    stablePods: stable === undefined ? [] : world.pods(stable),
  };
}

/** The ReplicaSets that the Deployment owns, oldest first. */
export function setsOf(world: Cluster, { metadata: { uid } }: Deployment): ReplicaSet[] {
  return world.list("replicasets").filter((set) => set.metadata.ownerReferences?.[0]?.uid === uid);
}
