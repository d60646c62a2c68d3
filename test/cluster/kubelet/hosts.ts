import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, Change, KubeObject } from "../api.ts";

interface Service extends KubeObject {
  readonly spec: { readonly clusterIP?: string };
}

const LOCALHOST = "127.0.0.1 localhost\n";

/**
 * Stands in for the cluster's DNS: keeps a file with every Service's names, and rewrites it in place, because containers
 * have it mounted. There is no kube-proxy; a process of the network namespace that listens on all addresses answers at
 * every ClusterIP. Ends when `signal` aborts.
 */
export async function followServices(api: Api, path: string, signal: AbortSignal): Promise<void> {
  const lines = new Map<string, string>();
  let scheduled = false;
  writeFileSync(path, LOCALHOST);
  const write = async () => {
    scheduled = true;
    await sleep(10);
    scheduled = false;
    if (!signal.aborted) writeFileSync(path, LOCALHOST + [...lines.values()].join(""));
  };
  const note = ({ type, object }: Change<Service>) => {
    const { name, namespace } = object.metadata;
    const host = `${name}.${namespace}`;
    const { clusterIP = "None" } = object.spec;
    if (type === "DELETED" || clusterIP === "None") lines.delete(host);
    else
      lines.set(
        host,
        `${clusterIP} ${host} ${host}.svc ${host}.svc.cluster.local ${host}.svc.cluster.local.\n`,
      );
    if (!scheduled) void write();
  };
  await api.follow<Service>("/api/v1/services", note, signal);
}
