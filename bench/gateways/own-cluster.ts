import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Api, connectApi, type KubeObject } from "../../test/cluster/api.ts";
import type { CheckPods } from "./checked-route.ts";

const PORT = 8080;
const GRPC_PORT = 9090;

/** The API server of a kubeconfig, by `kubectl proxy`, which knows every kind of credentials. */
export async function connectByKubectl(kubeconfig: string): Promise<{ api: Api; close: () => void }> {
  const proxy = spawn("kubectl", ["proxy", "--kubeconfig", kubeconfig, "--port=0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: proxy.stdout })) {
    const [, address] = /serve on ([\d.:]+)/.exec(line) ?? [];
    if (address !== undefined)
      return { api: connectApi({ url: `http://${address}`, ca: "", token: "" }), close: () => proxy.kill() };
  }
  throw new Error("kubectl proxy ended: see its message above");
}

/** CheckPods of an image with Node, which run echo.ts. */
export function echoPods(api: Api, image: string): CheckPods {
  return {
    manifests: (version) => {
      const labels = { app: version };
      const container = {
        name: "echo",
        image,
        command: ["node", "/echo/echo.ts"],
        env: [
          { name: "VERSION", value: version },
          { name: "PORT", value: `${PORT}` },
          { name: "GRPC_PORT", value: `${GRPC_PORT}` },
        ],
        ports: [
          { name: "http", containerPort: PORT },
          { name: "grpc", containerPort: GRPC_PORT },
        ],
        readinessProbe: { tcpSocket: { port: "http" }, periodSeconds: 1 },
        volumeMounts: [{ name: "echo", mountPath: "/echo" }],
      };
      const volumes = [{ name: "echo", configMap: { name: version } }];
      return [
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: version },
          data: { "echo.ts": readFileSync(new URL("echo.ts", import.meta.url), "utf8") },
        },
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: version },
          spec: {
            replicas: 2,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [container], volumes } },
          },
        },
      ];
    },
    received: async (namespace, version) => {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const { items } = await api.demand<{ items: readonly KubeObject[] }>(
        "GET",
        `${path}?labelSelector=app%3D${version}`,
      );
      const counts = await Promise.all(
        items.map(({ metadata }) =>
          api.demand<number>("GET", `${path}/${metadata.name}:${PORT}/proxy/received`),
        ),
      );
      return counts.reduce((sum, count) => sum + Number(count), 0);
    },
  };
}
