import { type Daemon, startDaemon } from "../../cluster/daemon.ts";
import { installDefinitions } from "../../cluster/definitions.ts";
import { gateways } from "../../cluster/gateways.ts";
import { findFlagger } from "../../cluster/tools.ts";
import type { Shop } from "../../stories/shop.ts";
import { reachesPhase } from "./phase.ts";

const PORT = 18_080;
/** Group, version and plural. */
export const CANARIES = "flagger.app/v1beta1/canaries";

/** Starts the real controller of Flagger beside the API server. */
export async function startFlagger({ cluster }: Shop): Promise<Daemon> {
  const { program, definitions } = findFlagger();
  await installDefinitions(cluster.api, definitions);
  const flagger = startDaemon(cluster.dir, "flagger", program, [
    `-kubeconfig=${cluster.kubeconfig}`,
    "-mesh-provider=gatewayapi:v1",
    `-metrics-server=${cluster.prometheusUrl}`,
    "-log-level=info",
    `-port=${PORT}`,
  ]);
  await flagger.ready(`http://127.0.0.1:${PORT}/healthz`);
  return flagger;
}

/** Deploys an application and a Canary, and waits until Flagger has made the rest and it serves through the gateway. */
export async function deployWithFlagger(shop: Shop, replicas: number): Promise<void> {
  const { name, namespace } = gateways[shop.gateway];
  const [{ metadata, ...deployment }] = JSON.parse(shop.manifests({ replicas })).items;
  const { annotations: _optedIn, ...named } = metadata;
  await shop.apply(JSON.stringify({ ...deployment, metadata: named }));
  const canary = {
    apiVersion: "flagger.app/v1beta1",
    kind: "Canary",
    metadata: { name: "web" },
    spec: {
      targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      progressDeadlineSeconds: 90,
      // Flagger keeps a finalizer for it, which a switch-over has to take away and its undo gives back.
      revertOnDeletion: true,
      service: {
        port: 80,
        targetPort: "http",
        hosts: [shop.host()],
        gatewayRefs: [{ name, namespace }],
      },
      // Without metrics of its own, so that Flagger's rollouts need no series that this gateway does not have.
      analysis: { interval: "10s", threshold: 5, maxWeight: 50, stepWeight: 50 },
    },
  };
  await shop.apply(JSON.stringify(canary));
  await reachesPhase(shop, CANARIES, "Initialized");
  await shop.serves(shop.host());
}
