import { setTimeout as sleep } from "node:timers/promises";
import { ports } from "./addresses.ts";
import type { Api, KubeObject } from "./api.ts";

/** The implementations of the Gateway API that every cluster runs side by side. */
export const builtIn = ["traefik", "contour"] as const;

export type BuiltIn = (typeof builtIn)[number];

/** Envoy Gateway as it is installed, and with mergeBackends. Only its own tests start it (envoy-gateway.ts). */
export const envoyGateways = ["envoy-gateway", "envoy-gateway-merged"] as const;

/** All implementations, by the name of their GatewayClass. */
export type GatewayName = (typeof builtIn | typeof envoyGateways)[number];

/** A Gateway of the cluster. */
export interface Gateway {
  readonly namespace: string;
  /** The Gateway's own name, for parentRefs. */
  readonly name: string;
  readonly controller: string;
  readonly listenerPort: number;
  /**
   * The URL inside the network namespace: HTTP/1.1 and, with prior knowledge, HTTP/2 without TLS. Envoy Gateway's is empty until
   * its proxy has an address.
   */
  readonly url: string;
}

const envoyGateway = {
  namespace: "edge",
  controller: "gateway.envoyproxy.io/gatewayclass-controller",
  listenerPort: 80,
  url: "",
} as const;

/** The Gateway of each implementation. */
export const gateways: Readonly<Record<GatewayName, Gateway>> = {
  traefik: {
    namespace: "edge",
    name: "gw",
    controller: "traefik.io/gateway-controller",
    listenerPort: ports.gateway,
    url: `http://127.0.0.1:${ports.gateway}`,
  },
  contour: {
    namespace: "edge",
    name: "cgw",
    controller: "projectcontour.io/gateway-controller",
    listenerPort: ports.contour - 8000,
    url: `http://127.0.0.1:${ports.contour}`,
  },
  "envoy-gateway": { ...envoyGateway, name: "egw" },
  "envoy-gateway-merged": { ...envoyGateway, name: "mgw" },
};

const API = "/apis/gateway.networking.k8s.io/v1";
const DEADLINE_MS = 30_000;

/** Makes the GatewayClass and the Gateway of an implementation; needs the Gateway API's definitions. */
export async function createGateway(api: Api, name: GatewayName, parametersRef?: object): Promise<void> {
  const gateway = gateways[name];
  await api.demand("POST", `${API}/gatewayclasses`, gatewayClass(name, gateway, parametersRef));
  await api.demand("POST", collectionOf(gateway), gatewayObject(name, gateway));
}

/** Waits until the implementations report their Gateways as programmed; throws if one does not in time. */
export async function gatewaysProgrammed(api: Api, names: readonly GatewayName[]): Promise<void> {
  await Promise.all(names.map((name) => programmed(api, gateways[name], name)));
}

interface Programmable extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function programmed(api: Api, gateway: Gateway, log: string): Promise<void> {
  const path = `${collectionOf(gateway)}/${gateway.name}`;
  for (const deadline = performance.now() + DEADLINE_MS; performance.now() < deadline; await sleep(50)) {
    const { status } = await api.demand<Programmable>("GET", path);
    if (status?.conditions?.some((it) => it.type === "Programmed" && it.status === "True")) return;
  }
  throw new Error(`Gateway ${gateway.namespace}/${gateway.name} is not programmed: see ${log}.log`);
}

function collectionOf({ namespace }: Gateway): string {
  return `${API}/namespaces/${namespace}/gateways`;
}

function gatewayClass(name: string, { controller }: Gateway, parametersRef?: object): object {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name },
    spec: { controllerName: controller, ...(parametersRef && { parametersRef }) },
  };
}

function gatewayObject(gatewayClassName: string, { name, listenerPort }: Gateway): object {
  const listener = {
    name: "http",
    protocol: "HTTP",
    port: listenerPort,
    allowedRoutes: { namespaces: { from: "All" } },
  };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name },
    spec: { gatewayClassName, listeners: [listener] },
  };
}
