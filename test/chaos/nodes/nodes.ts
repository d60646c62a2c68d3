import type { Pod } from "../../../kube/core/workloads.ts";
import type { Shop } from "../../stories/shop.ts";

/** Adds a node only for pods with the shop's name in their nodeSelector `pool`. */
export async function addNode(shop: Shop, name: string): Promise<void> {
  const labels = { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", pool: shop.namespace };
  const taints = [{ key: "pool", value: shop.namespace, effect: "NoSchedule" }];
  await shop.cluster.api.demand("POST", "/api/v1/nodes", {
    metadata: { name, labels },
    spec: { podCIDR: "10.255.0.0/24", taints },
  });
}

/** The fields of a pod's spec that spread pods evenly over the shop's own nodes. */
export function bindTo(shop: Shop): object {
  return {
    nodeSelector: { pool: shop.namespace },
    tolerations: [{ key: "pool", operator: "Exists" }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { app: "web" } },
      },
    ],
  };
}

/** Removes a node with all its pods at once, without a graceful end. Returns the number of those pods. */
export async function loseNode(shop: Shop, name: string): Promise<number> {
  const lost = podsOn(shop, name);
  await shop.cluster.api.demand("DELETE", `/api/v1/nodes/${name}`);
  await Promise.all(lost.map((pod) => remove(shop, pod, 0)));
  return lost.length;
}

/** The pods on a node. */
export function podsOn(shop: Shop, name: string): Pod[] {
  return [...shop.stock.pods.values()].filter(({ spec }) => spec?.nodeName === name);
}

/** Deletes a pod; with `graceSeconds` 0 at once, without its kubelet. */
export function remove(shop: Shop, { metadata: { name } }: Pod, graceSeconds?: number): Promise<unknown> {
  const grace = graceSeconds === undefined ? "" : `?gracePeriodSeconds=${graceSeconds}`;
  return shop.cluster.request("DELETE", `/api/v1/namespaces/${shop.namespace}/pods/${name}${grace}`);
}

/** Sets a pod's readiness, as the node controller does for pods on a silent node. */
export async function setReady(shop: Shop, { metadata: { name } }: Pod, ready: boolean): Promise<void> {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, "");
  const status = ready ? "True" : "False";
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status, lastTransitionTime }));
  const path = `/api/v1/namespaces/${shop.namespace}/pods/${name}/status`;
  const type = "application/strategic-merge-patch+json";
  await shop.cluster.api.demand("PATCH", path, { status: { conditions } }, type);
}
