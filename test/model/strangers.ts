import type { Stranger } from "../../kube/core/services.ts";
import type { ReplicaSet } from "../../kube/core/workloads.ts";
import { isCanaryService } from "../../rollout/traffic/canary-service.ts";
import { selectorOf } from "../../rollout/traffic/service-record.ts";
import { aTemplate } from "../support/builders.ts";
import type { Cluster } from "./cluster.ts";

/** The name of the other workload. Its pods have the label of those of `web`. */
export const STRANGER = "batch";

/** A workload of somebody else whose pods the Services of `web` select. */
export function aStranger(replicas: number): ReplicaSet {
  const labels = { app: STRANGER };
  const template = { ...aTemplate("batch:1"), metadata: { labels: { app: "web" } } };
  return {
    metadata: { name: STRANGER, namespace: "shop", labels, ownerReferences: [] },
    spec: { replicas, template },
  };
}

/** Who else has ready pods behind the users' Services. */
export function strangersIn(cluster: Pick<Cluster, "find" | "list">): readonly Stranger[] {
  if ((cluster.find("replicasets", STRANGER)?.status?.readyReplicas ?? 0) === 0) return [];
  const services = cluster.list("services").filter((service) => selectorOf(service).app === "web");
  return services
    .filter((service) => !isCanaryService(service))
    .map(({ metadata }) => ({ service: metadata.name, kind: "ReplicaSet", name: STRANGER }));
}
