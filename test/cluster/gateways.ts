import { setTimeout as sleep } from "node:timers/promises";
import { ports } from "./addresses.ts";
import type { Api, KubeObject } from "./api.ts";

/** The implementations of the Gateway API that the cluster runs side by side. */
export type GatewayName = "traefik" | "contour";

interface Gateway {
  readonly namespace: string;
  /** The Gateway's own name, for parentRefs. */
  readonly name: string;
  readonly controller: string;
  readonly listenerPort: number;
  /** The URL inside the network namespace: HTTP/1.1 and, with prior knowledge, HTTP/2 without TLS. */
  readonly url: string;
}

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
};

const API = "/apis/gateway.networking.k8s.io/v1";
const DEADLINE_MS = 30_000;

/** Makes the GatewayClass and the Gateway of each implementation; needs the Gateway API's definitions. */
export async function createGateways(api: Api): Promise<void> {
  const entries = Object.entries(gateways);
  await Promise.all(
    entries.map(async ([className, gateway]) => {
      await api.demand("POST", `${API}/gatewayclasses`, gatewayClass(className, gateway));
      await api.demand("POST", collectionOf(gateway), gatewayObject(className, gateway));
    }),
  );
}

/** Waits until every implementation reports its Gateway as programmed; throws if one does not in time. */
export async function gatewaysProgrammed(api: Api): Promise<void> {
  await Promise.all(Object.entries(gateways).map(([log, gateway]) => programmed(api, gateway, log)));
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

function gatewayClass(name: string, { controller }: Gateway): object {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name },
    spec: { controllerName: controller },
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
