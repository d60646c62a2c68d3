import { apisix } from "./apisix.ts";
import { awsLoadBalancer } from "./aws-load-balancer.ts";
import { azure } from "./azure.ts";
import { cilium } from "./cilium.ts";
import { consul } from "./consul.ts";
import { contour } from "./contour.ts";
import { emissary } from "./emissary.ts";
import { envoyGateway } from "./envoy-gateway.ts";
import type { Gateway } from "./gateway.ts";
import { gke } from "./gke.ts";
import { haproxy } from "./haproxy.ts";
import { istio } from "./istio.ts";
import { kgateway } from "./kgateway.ts";
import { kong } from "./kong.ts";
import { linkerd } from "./linkerd.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";
import { vpcLattice } from "./vpc-lattice.ts";

/** Every gateway that Serin knows, by the name of its file, in the order of the documentation. */
export const gateways = {
  traefik,
  contour,
  "envoy-gateway": envoyGateway,
  istio,
  cilium,
  linkerd,
  nginx,
  haproxy,
  kong,
  consul,
  gke,
  "aws-load-balancer": awsLoadBalancer,
  "vpc-lattice": vpcLattice,
  azure,
  kgateway,
  apisix,
  emissary,
} as const satisfies Readonly<Record<string, Gateway>>;
