import type { Route, RouteRule } from "../../../../kube/core/routes.ts";
import { planBlocker, planCaveats } from "../../../../rollout/preflight/preflight.ts";
import { aPlan, aRoute, aService } from "../../../support/builders.ts";

/** The controllerName of each implementation. */
export const gateways = {
  Traefik: "traefik.io/gateway-controller",
  Contour: "projectcontour.io/gateway-controller",
  "Envoy Gateway": "gateway.envoyproxy.io/gatewayclass-controller",
  Istio: "istio.io/gateway-controller",
  Cilium: "io.cilium/gateway-controller",
  Linkerd: "linkerd.io/policy-controller",
  NGINX: "gateway.nginx.org/nginx-gateway-controller",
  HAProxy: "haproxy-ingress.github.io/controller",
  Kong: "konghq.com/kic-gateway-controller",
  Consul: "consul.hashicorp.com/gateway-controller",
  GKE: "networking.gke.io/gateway",
  ALB: "gateway.k8s.aws/alb",
  Lattice: "application-networking.k8s.aws/gateway-api-controller",
  Azure: "alb.networking.azure.io/alb-controller",
  kgateway: "kgateway.dev/kgateway",
  APISIX: "apisix.apache.org/apisix-ingress-controller",
  Emissary: "getambassador.io/gateway-controller",
  unknown: "new.io/gateway",
} as const;
export type Name = keyof typeof gateways;
/** The settings of a plan that gateways may lack. */
export const plans = {
  "copies of all": { mirror: "100%" },
  "copies of 20%": { mirror: "20%" },
  sticky: { sticky: "1h" },
  header: { match: "header x-a=1" },
  cookie: { match: "cookie a=1" },
  query: { match: "query a=1" },
  weights: { steps: "10, 50" },
  switch: { rollout: "blue-green" },
} as const;
export type Asked = keyof typeof plans;
export const ALL = Object.keys(plans) as Asked[];

const planFor = (given: Record<string, string>) =>
  aPlan(Object.fromEntries(Object.entries(given).map(([key, value]) => [`serin.dev/${key}`, value])));
/** A route with a status of this implementation. */
export const behind = (
  name: Name,
  rules: RouteRule[] = [{ backendRefs: [{ name: "web", port: 80 }] }],
  rest: Partial<Route> = {},
) => aRoute({ rules, status: { parents: [{ controllerName: gateways[name] }] }, ...rest });
/** Why these routes cannot carry out a plan with these annotations. */
export const blocker = (given: Record<string, string>, ...routes: Route[]) =>
  planBlocker(planFor(given), [aService()], routes);
/** The warnings for a plan with these annotations. */
export const caveats = (given: Record<string, string>, ...routes: Route[]) =>
  planCaveats(planFor(given), [aService()], routes).join("; ");
