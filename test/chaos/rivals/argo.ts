import { type Daemon, startDaemon } from "../../cluster/daemon.ts";
import { installDefinitions } from "../../cluster/definitions.ts";
import { gateways } from "../../cluster/gateways.ts";
import { findArgoRollouts } from "../../cluster/tools.ts";
import type { Shop } from "../../stories/shop.ts";
import { reachesPhase } from "./phase.ts";

const PORTS = { metrics: 18_090, healthz: 18_091 };
const ROLLOUT = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" };
/** Group, version and plural. */
export const ROLLOUTS = "argoproj.io/v1alpha1/rollouts";

/** Starts the real controller of Argo Rollouts beside the API server. */
export async function startArgoRollouts({ cluster }: Shop): Promise<Daemon> {
  const { program, definitions } = findArgoRollouts();
  await installDefinitions(cluster.api, definitions);
  const argo = startDaemon(cluster.dir, "argo-rollouts", program, [
    `--kubeconfig=${cluster.kubeconfig}`,
    "--leader-elect=false",
    `--metricsport=${PORTS.metrics}`,
    `--healthzPort=${PORTS.healthz}`,
  ]);
  await argo.ready(`http://127.0.0.1:${PORTS.healthz}/healthz`);
  return argo;
}

/** Deploys an application whose pods a Rollout makes, and waits until it is Healthy and serves through the gateway. */
export async function deployWithArgo(shop: Shop, replicas: number): Promise<void> {
  const { name, namespace } = gateways[shop.gateway];
  const [deployment, service, route] = JSON.parse(shop.manifests({ replicas })).items;
  const { annotations: _optedIn, ...metadata } = deployment.metadata;
  const backendRefs = [
    { name: "web", port: 80, weight: 100 },
    { name: "web-canary", port: 80, weight: 0 },
  ];
  const items = [
    { ...deployment, metadata, spec: { ...deployment.spec, replicas: 0 } },
    service,
    { ...service, metadata: { ...service.metadata, name: "web-canary" } },
    { ...route, spec: { ...route.spec, parentRefs: [{ name, namespace }], rules: [{ backendRefs }] } },
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web", namespace: shop.namespace },
      spec: { scaleTargetRef: { ...ROLLOUT, name: "web" }, minReplicas: replicas, maxReplicas: 2 * replicas },
    },
    {
      ...ROLLOUT,
      metadata: { name: "web", namespace: shop.namespace },
      spec: {
        replicas,
        workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        strategy: {
          canary: {
            ...{ stableService: "web", canaryService: "web-canary", maxUnavailable: 0 },
            steps: [
              { setWeight: 25 },
              { pause: { duration: "5s" } },
              { setWeight: 50 },
              { pause: { duration: "5s" } },
            ],
          },
        },
      },
    },
  ];
  await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await reachesPhase(shop, ROLLOUTS, "Healthy");
  await shop.serves(shop.host());
}
