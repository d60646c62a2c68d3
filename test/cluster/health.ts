import { addresses, ports } from "./addresses.ts";
import type { Daemon } from "./daemon.ts";

/** The URL at which each program says that it is ready, by its name. */
const health: Readonly<Record<string, string>> = {
  etcd: `http://127.0.0.1:${ports.etcd}/health`,
  "kube-apiserver": `https://${addresses.host}:${ports.api}/readyz`,
  "kube-controller-manager": `https://127.0.0.1:${ports.controllerManager}/healthz`,
  "kube-scheduler": `https://127.0.0.1:${ports.scheduler}/healthz`,
  kwok: `http://127.0.0.1:${ports.kwok}/healthz`,
  traefik: `http://127.0.0.1:${ports.traefikMetrics}/metrics`,
  contour: `http://127.0.0.1:${ports.contourHealth}/healthz`,
  envoy: `http://127.0.0.1:${ports.envoyMetrics}/ready`,
  prometheus: `http://127.0.0.1:${ports.prometheus}/-/ready`,
};

/** Waits until a program of the cluster is ready; throws with the tail of its log if it ends or time runs out. */
export function untilReady(program: Daemon): Promise<void> {
  const url = health[program.name];
  if (url === undefined) throw new Error(`${program.name} has no health check`);
  return program.ready(url);
}
