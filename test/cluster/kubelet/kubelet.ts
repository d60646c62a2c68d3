import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, Change, KubeObject } from "../api.ts";
import { isSerinImage } from "../image.ts";
import type { Container } from "./container.ts";
import { type PodNeeds, type RunningPod, runPod } from "./pod.ts";
import type { Pod } from "./spec.ts";

/** Gives Serin's own pods real processes, and lets tests take them away. */
export interface Kubelet {
  /** Sends a signal to a container's process; a killed one is restarted as in a real cluster. */
  kill(namespace: string, pod: string, container: string, signal: NodeJS.Signals): void;
  /** Kills a container's process and starts no other until `bringBack`. */
  keepDown(namespace: string, pod: string, container: string): Promise<void>;
  bringBack(namespace: string, pod: string, container: string): void;
  /** The process id of a container, while it has one. */
  pid(namespace: string, pod: string, container: string): number | undefined;
  /** Ends every process at once. */
  stop(): Promise<void>;
}

/** Where logs go (made when missing), the authority of the API server in PEM, and who hears of what went wrong. */
export interface KubeletOptions {
  readonly api: Api;
  readonly dir: string;
  readonly ca: string;
  readonly log: (message: string) => void;
}

interface Entry {
  readonly pod: Pod;
  readonly running: Promise<RunningPod | undefined>;
  containers: readonly Container[];
  ending: boolean;
}

interface Service extends KubeObject {
  readonly spec: { readonly clusterIP?: string };
}

// A pod may come before its service account's token can be had.
const START_TRIES = 10;
const START_RETRY_MS = 500;

/** Starts the kubelet for all pods with an image of Serin's, whatever their node. */
export function startKubelet({ api, dir, ca, log }: KubeletOptions): Kubelet {
  mkdirSync(dir, { recursive: true });
  const needs: PodNeeds = { api, dir, ca, log, hosts: join(dir, "hosts") };
  const entries = new Map<string, Entry>();
  const stopping = new AbortController();
  let number = 0;

  const startPod = async (pod: Pod): Promise<RunningPod | undefined> => {
    for (
      let tries = 0;
      tries < START_TRIES && !stopping.signal.aborted;
      tries++, await sleep(START_RETRY_MS)
    ) {
      try {
        return await runPod(needs, pod, ++number);
      } catch (error) {
        if (!stopping.signal.aborted) log(`pod ${pod.metadata.namespace}/${pod.metadata.name}: ${error}`);
      }
    }
    return undefined;
  };
  const start = (key: string, pod: Pod) => {
    const running = startPod(pod);
    const entry: Entry = { pod, running, containers: [], ending: false };
    entries.set(key, entry);
    void running.then((it) => {
      entry.containers = it?.containers ?? [];
    });
  };
  const end = async (key: string, entry: Entry, graceMs: number) => {
    if (entry.ending) return;
    entry.ending = true;
    await (await entry.running)?.stop(graceMs);
    entries.delete(key);
    const { namespace, name, uid } = entry.pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await api.request("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, options).catch(() => {});
  };
  const note = ({ type, object: pod }: Change<Pod>) => {
    if (!pod.spec.containers.some(({ image }) => isSerinImage(image)) || pod.spec.nodeName === undefined)
      return;
    const key = pod.metadata.uid ?? "";
    const entry = entries.get(key);
    const graceSeconds =
      pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    if (type === "DELETED") return entry && void end(key, entry, 0);
    if (pod.metadata.deletionTimestamp !== undefined)
      return entry && void end(key, entry, graceSeconds * 1_000);
    if (entry === undefined) start(key, pod);
  };
  const container = (namespace: string, pod: string, name: string): Container => {
    for (const { pod: it, containers } of entries.values()) {
      if (it.metadata.namespace !== namespace || it.metadata.name !== pod) continue;
      const found = containers.find((each) => each.name === name);
      if (found !== undefined) return found;
    }
    throw new Error(`no container ${namespace}/${pod}/${name} runs`);
  };

  writeFileSync(needs.hosts, "127.0.0.1 localhost\n");
  void followServices(api, needs.hosts, stopping.signal);
  void api.follow<Pod>("/api/v1/pods", note, stopping.signal);
  return {
    kill: (namespace, pod, name, signal) => container(namespace, pod, name).kill(signal),
    keepDown: (namespace, pod, name) => container(namespace, pod, name).keepDown(),
    bringBack: (namespace, pod, name) => container(namespace, pod, name).bringBack(),
    pid: (namespace, pod, name) => container(namespace, pod, name).pid,
    async stop() {
      stopping.abort();
      const pods = [...entries.values()];
      await Promise.all(pods.map(async ({ running }) => (await running)?.destroy()));
    },
  };
}

/**
 * Stands in for the cluster's DNS: a file of every Service's names. It is rewritten in place, as containers have it
 * mounted. There is no kube-proxy, but a process of the network namespace that listens on all addresses answers at
 * every ClusterIP.
 */
async function followServices(api: Api, path: string, signal: AbortSignal): Promise<void> {
  const lines = new Map<string, string>();
  let scheduled = false;
  const write = async () => {
    scheduled = true;
    await sleep(10);
    scheduled = false;
    writeFileSync(path, `127.0.0.1 localhost\n${[...lines.values()].join("")}`);
  };
  const note = ({ type, object }: Change<Service>) => {
    const { name, namespace } = object.metadata;
    const host = `${name}.${namespace}`;
    const { clusterIP = "None" } = object.spec;
    if (type === "DELETED" || clusterIP === "None") lines.delete(host);
    else lines.set(host, `${clusterIP} ${host} ${host}.svc ${host}.svc.cluster.local\n`);
    if (!scheduled) void write();
  };
  await api.follow<Service>("/api/v1/services", note, signal);
}
