import type { KubeObject } from "./meta.ts";

export const deployments: Resource = { group: "apps", version: "v1", plural: "deployments" };
export const replicaSets: Resource = { group: "apps", version: "v1", plural: "replicasets" };
export const services: Resource = { group: "", version: "v1", plural: "services" };
export const pods: Resource = { group: "", version: "v1", plural: "pods" };
export const events: Resource = { group: "", version: "v1", plural: "events" };
export const secrets: Resource = { group: "", version: "v1", plural: "secrets" };
export const namespaces: Resource = { group: "", version: "v1", plural: "namespaces" };
export const configMaps: Resource = { group: "", version: "v1", plural: "configmaps" };
export const leases: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases" };
export const endpointSlices: Resource = {
  group: "discovery.k8s.io",
  version: "v1",
  plural: "endpointslices",
};
export const httpRoutes: Resource = {
  group: "gateway.networking.k8s.io",
  version: "v1",
  plural: "httproutes",
};
export const grpcRoutes: Resource = {
  group: "gateway.networking.k8s.io",
  version: "v1",
  plural: "grpcroutes",
};
export const referenceGrants: Resource = {
  group: "gateway.networking.k8s.io",
  version: "v1",
  plural: "referencegrants",
};
export const mutatingWebhookConfigurations: Resource = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "mutatingwebhookconfigurations",
};

export const ingresses: Resource = { group: "networking.k8s.io", version: "v1", plural: "ingresses" };
export const httpProxies: Resource = { group: "projectcontour.io", version: "v1", plural: "httpproxies" };
export const horizontalPodAutoscalers: Resource = {
  group: "autoscaling",
  version: "v2",
  plural: "horizontalpodautoscalers",
};

/** Both kinds of routes. */
export const routeKinds: readonly Resource[] = [httpRoutes, grpcRoutes];

/** The collection in which a route lives. */
export function routeResource({ kind }: Pick<KubeObject, "kind">): Resource {
  return kind === "GRPCRoute" ? grpcRoutes : httpRoutes;
}

/** A collection of the API; group is "" for the core. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}
