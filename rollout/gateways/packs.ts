import { application } from "./application.ts";
import { cilium } from "./cilium.ts";
import { consul } from "./consul.ts";
import { contour } from "./contour.ts";
import { envoyGateway } from "./envoy-gateway.ts";
import { gke } from "./gke.ts";
import { haproxy } from "./haproxy.ts";
import { istio } from "./istio.ts";
import { kong } from "./kong.ts";
import { linkerd } from "./linkerd.ts";
import type { Pack } from "./metrics/pack.ts";
import { nginx } from "./nginx.ts";
import { traefik } from "./traefik.ts";

/** Every pack, by the name that configuration uses. */
export const packs = {
  application,
  cilium,
  consul,
  contour,
  "envoy-gateway": envoyGateway,
  gke,
  haproxy,
  istio,
  kong,
  linkerd,
  nginx,
  traefik,
} as const satisfies Readonly<Record<string, Pack>>;

/** A pack's name in configuration. */
export type PackName = keyof typeof packs;
