import { gateways } from "../cluster/gateways.ts";
import { defineKind } from "./define-kind.ts";
import type { Shop } from "./shop.ts";

const GROUP = "argoproj.io";
const VERSION = "v1alpha1";
const HASH = "rollouts-pod-template-hash";
const STABLE = "5f6c7d8b9c";

/**
 * Deploys an application as Argo Rollouts leaves it at rest: the Deployment of the workloadRef has no pod, a ReplicaSet of the
 * Rollout serves, and the Services demand its hash. Waits until it serves through the gateway.
 */
export async function deployAsArgo(shop: Shop): Promise<void> {
  await defineKind(shop.cluster, { group: GROUP, version: VERSION, kind: "Rollout", plural: "rollouts" });
  const { namespace, gateway } = shop;
  const replicas = 4;
  const rollout = await shop.cluster.api.demand<{ metadata: { uid: string } }>(
    "POST",
    `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/rollouts`,
    {
      apiVersion: `${GROUP}/${VERSION}`,
      kind: "Rollout",
      metadata: { name: "web" },
      spec: {
        replicas,
        workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        strategy: {
          canary: {
            stableService: "web",
            canaryService: "web-canary",
            steps: [{ setWeight: 25 }, { pause: { duration: "10s" } }, { setWeight: 50 }, { pause: {} }],
            trafficRouting: { plugins: { "argoproj-labs/gatewayAPI": { httpRoute: "web", namespace } } },
          },
        },
      },
      status: { phase: "Healthy", stableRS: STABLE, currentPodHash: STABLE },
    },
  );
  const owner = {
    apiVersion: `${GROUP}/${VERSION}`,
    kind: "Rollout",
    name: "web",
    uid: rollout.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const [deployment, service, route] = JSON.parse(shop.manifests({ replicas })).items;
  const { annotations: _optedIn, ...metadata } = deployment.metadata;
  const labels = { app: "web", [HASH]: STABLE };
  const { template } = deployment.spec;
  const set = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `web-${STABLE}`, namespace, labels, ownerReferences: [owner] },
    spec: { replicas, selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } },
  };
  const managed = (name: string) => ({
    ...service,
    metadata: {
      ...service.metadata,
      name,
      annotations: { "argo-rollouts.argoproj.io/managed-by-rollouts": "web" },
    },
    spec: { ...service.spec, selector: labels },
  });
  const backendRefs = [
    { name: "web", port: 80, weight: 100 },
    { name: "web-canary", port: 80, weight: 0 },
  ];
  const parentRefs = [{ name: gateways[gateway].name, namespace: gateways[gateway].namespace }];
  const scaleTargetRef = { apiVersion: `${GROUP}/${VERSION}`, kind: "Rollout", name: "web" };
  const items = [
    { ...deployment, metadata, spec: { ...deployment.spec, replicas: 0 } },
    set,
    managed("web"),
    managed("web-canary"),
    { ...route, spec: { ...route.spec, parentRefs, rules: [{ backendRefs }] } },
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web", namespace },
      spec: { scaleTargetRef, minReplicas: replicas, maxReplicas: 8 },
    },
  ];
  await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await shop.serves(shop.host("web"));
}
