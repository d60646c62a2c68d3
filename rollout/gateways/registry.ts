import { cilium } from "./cilium.ts";
import { consul } from "./consul.ts";
import { contour } from "./contour.ts";
import { envoyGateway } from "./envoy-gateway.ts";
import type { Gateway } from "./gateway.ts";
import { gke } from "./gke.ts";
import { haproxy } from "./haproxy.ts";
import { istio } from "./istio.ts";
import { kong } from "./kong.ts";
import { linkerd } from "./linkerd.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";

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
} as const satisfies Readonly<Record<string, Gateway>>;
