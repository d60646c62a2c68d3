import { gateways } from "../cluster/gateways.ts";
import { defineKind } from "./define-kind.ts";
import type { Shop } from "./shop.ts";

const GROUP = "flagger.app";
/**
 * Deploys an application as Flagger leaves it at rest: the user's Deployment has no pod, a second one serves, and the Canary owns
 * Services and route. Waits until it serves through the gateway.
 */
export async function deployAsFlagger(shop: Shop): Promise<void> {
  await defineKind(shop.cluster, { group: GROUP, version: "v1beta1", kind: "Canary", plural: "canaries" });
  const { namespace, gateway } = shop;
  const parent = { name: gateways[gateway].name, namespace: gateways[gateway].namespace };
  const canary = await shop.cluster.api.demand<{ metadata: { uid: string } }>(
    "POST",
    `/apis/${GROUP}/v1beta1/namespaces/${namespace}/canaries`,
    {
      apiVersion: `${GROUP}/v1beta1`,
      kind: "Canary",
      metadata: { name: "web" },
      spec: {
        targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        progressDeadlineSeconds: 90,
        service: { port: 80, targetPort: "http", hosts: [shop.host("web")], gatewayRefs: [parent] },
        analysis: {
          interval: "10s",
          threshold: 5,
          maxWeight: 50,
          stepWeight: 25,
          metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 } }],
        },
      },
      status: { phase: "Succeeded" },
    },
  );
  const { uid } = canary.metadata;
  const owner = {
    apiVersion: `${GROUP}/v1beta1`,
    kind: "Canary",
    name: "web",
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const [deployment, service, route] = JSON.parse(shop.manifests({ replicas: 4 })).items;
  const { annotations: _optedIn, ...metadata } = deployment.metadata;
  const owned = (object: { metadata: object }, name: string, spec: object) => {
    return { ...object, metadata: { ...object.metadata, name, ownerReferences: [owner] }, spec };
  };
  const labels = { app: "web-primary" };
  const { template } = deployment.spec;
  const primary = {
    ...deployment.spec,
    selector: { matchLabels: labels },
    template: { ...template, metadata: { labels } },
  };
  const selecting = (selector: object) => ({ ...service.spec, selector });
  const backendRefs = [
    { group: "", kind: "Service", name: "web-primary", port: 80, weight: 100 },
    { group: "", kind: "Service", name: "web-canary", port: 80, weight: 0 },
  ];
  const matches = [{ path: { type: "PathPrefix", value: "/" } }];
  const items = [
    { ...deployment, metadata, spec: { ...deployment.spec, replicas: 0 } },
    owned({ ...deployment, metadata }, "web-primary", primary),
    owned(service, "web", selecting(labels)),
    owned(service, "web-primary", selecting(labels)),
    owned(service, "web-canary", selecting({ app: "web" })),
    owned(route, "web", { ...route.spec, rules: [{ matches, backendRefs }] }),
  ];
  await shop.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await shop.run("rollout", "status", "deployment/web-primary", "--timeout=60s");
  await shop.serves(shop.host("web"));
}
