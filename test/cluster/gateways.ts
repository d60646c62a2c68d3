import { setTimeout as sleep } from "node:timers/promises";
import { ports } from "./addresses.ts";
import type { Api, KubeObject } from "./api.ts";
import { eventually } from "./wait.ts";

/** The implementations of the Gateway API that every cluster runs side by side. */
export const builtIn = ["traefik", "contour"] as const;

export type BuiltIn = (typeof builtIn)[number];

/** Envoy Gateway as it is installed, and with mergeBackends. Only its own tests start it (envoy-gateway.ts). */
export const envoyGateways = ["envoy-gateway", "envoy-gateway-merged"] as const;

/** All implementations, by the name of their GatewayClass. Only `npm run istio` starts Istio (istio.ts). */
export type GatewayName = (typeof builtIn | typeof envoyGateways)[number] | "istio";

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
  istio: {
    namespace: "edge",
    name: "igw",
    controller: "istio.io/gateway-controller",
    listenerPort: ports.istio,
    url: "",
  },
};

const API = "/apis/gateway.networking.k8s.io/v1";
const DEADLINE_MS = 30_000;
const PROXY_MS = 60_000;

/** Makes the GatewayClass and the Gateway of an implementation; needs the Gateway API's definitions. */
export async function createGateway(
  api: Api,
  name: GatewayName,
  parametersRef?: object,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const gateway = gateways[name];
  const path = `${API}/gatewayclasses`;
  const { status, body } = await api.request("POST", path, gatewayClass(name, gateway, parametersRef));
  // Istio makes its own.
  if (status >= 300 && status !== 409) throw new Error(`POST ${path}: ${JSON.stringify(body)}`);
  await api.demand("POST", collectionOf(gateway), gatewayObject(name, gateway, annotations));
}

/** The address of the ready pod with these labels: a Gateway's proxy. */
export function proxyOf(api: Api, namespace: string, labels: string): Promise<string> {
  return eventually(
    `a pod ${labels} is ready`,
    async () => {
      const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labels)}`;
      const { items } = await api.demand<{ items: readonly Pod[] }>("GET", path);
      const ready = items.find(({ status }) =>
        status?.conditions?.some((it) => it.type === "Ready" && it.status === "True"),
      );
      return ready?.status?.podIP;
    },
    PROXY_MS,
  );
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
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

function gatewayObject(
  gatewayClassName: string,
  { name, listenerPort }: Gateway,
  annotations: Readonly<Record<string, string>>,
): object {
  const listener = {
    name: "http",
    protocol: "HTTP",
    port: listenerPort,
    allowedRoutes: { namespaces: { from: "All" } },
  };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name, annotations },
    spec: { gatewayClassName, listeners: [listener] },
  };
}
