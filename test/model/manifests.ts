import type { BackendRef, ReferenceGrant, RouteRule } from "../../kube/core/routes.ts";

/** The Services of both Deployments, behind one rule. */
export const both: BackendRef[] = [
  { name: "web", port: 80 },
  { name: "api", port: 80, weight: 3 },
];

/** The rules of the second route. */
export const front: RouteRule[] = [{ backendRefs: [{ name: "admin", namespace: "shop", port: 80 }] }];

/** Whether rules name the Service of `web`. */
export function namesWeb(rules: readonly RouteRule[] = []): boolean {
  return rules.some(({ backendRefs = [] }) => backendRefs.some(({ name }) => name === "web"));
}

/** Lets the second route name Services of `web`'s namespace. */
export const edgeGrant: ReferenceGrant = {
  metadata: { name: "edge", namespace: "shop" },
  spec: {
    from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "edge" }],
    to: [{ group: "", kind: "Service" }],
  },
};
