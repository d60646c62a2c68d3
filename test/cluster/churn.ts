import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "./api.ts";

/** A gateway whose configuration changes all the time. */
export interface Churn {
  stop(): Promise<void>;
}

/**
 * Changes an HTTPRoute without users again and again, in a namespace with a Service `service`. Traefik rebuilds every
 * load balancer after any change, and a new one begins with the backend of the greatest weight. While fewer requests
 * come between two changes than a round has, a backend of small weight gets none at all.
 */
export async function startChurn(
  api: Api,
  namespace: string,
  { service, everyMs }: { service: string; everyMs: number },
): Promise<Churn> {
  const routes = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`;
  const hostnames = (turn: number) => [`${turn % 2}.churn.example`];
  await api.demand("POST", routes, {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "churn", namespace },
    spec: {
      parentRefs: [{ name: "gw", namespace: "edge" }],
      hostnames: hostnames(0),
      rules: [{ backendRefs: [{ name: service, port: 80 }] }],
    },
  });
  const end = new AbortController();
  const turning = turn();
  return {
    async stop() {
      end.abort();
      await turning;
      await api.request("DELETE", `${routes}/churn`);
    },
  };

  async function turn(): Promise<void> {
    for (let count = 1; !end.signal.aborted; count++) {
      await api.request("PATCH", `${routes}/churn`, { spec: { hostnames: hostnames(count) } });
      await sleep(everyMs, undefined, { signal: end.signal }).catch(() => {});
    }
  }
}
