import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ports } from "../addresses.ts";
import type { Api, Change } from "../api.ts";
import { isProcess } from "../image.ts";
import type { Container } from "./container.ts";
import { Entry, removePod } from "./entry.ts";
import { followServices } from "./hosts.ts";
import type { Pod } from "./spec.ts";

/** Runs Serin's own pods, and those of Envoy Gateway, as real processes, and lets tests kill them. */
export interface Kubelet {
  /** Sends a signal to a container's process. A killed process restarts as in a real cluster. */
  kill(namespace: string, pod: string, container: string, signal: NodeJS.Signals): void;
  /** Kills a container's process and starts none until `bringBack`. */
  keepDown(namespace: string, pod: string, container: string): Promise<void>;
  bringBack(namespace: string, pod: string, container: string): void;
  /** The names of the pods with a container of that name. */
  pods(namespace: string, container: string): string[];
  /** Makes pods that start from now on use this port of the API server, so that a test can stand in between. */
  useApiPort(port: number): void;
  /** The process id of a container; undefined while it has no process. */
  pid(namespace: string, pod: string, container: string): number | undefined;
  /** Ends every process at once. */
  stop(): Promise<void>;
}

/** The folder of logs (created if missing), the content of Serin's image, the API server's authority in PEM, and the log of errors. */
export interface KubeletOptions {
  readonly api: Api;
  readonly dir: string;
  readonly content: string;
  readonly ca: string;
  readonly log: (message: string) => void;
}

/** Starts the kubelet for all pods with such an image (image.ts), on any node. */
export function startKubelet({ api, dir, content, ca, log }: KubeletOptions): Kubelet {
  mkdirSync(dir, { recursive: true });
  const needs = { api, dir, content, ca, log, hosts: join(dir, "hosts"), apiPort: ports.api as number };
  const entries = new Map<string, Entry>();
  const stopping = new AbortController();
  let number = 0;

  const note = ({ type, object: pod }: Change<Pod>) => {
    if (!isOurs(pod)) return;
    const uid = pod.metadata.uid ?? "";
    const entry = entries.get(uid);
    const isDeleted = pod.metadata.deletionTimestamp !== undefined;
    if (type === "DELETED") {
      entries.delete(uid);
      void entry?.destroy();
    } else if (isDeleted) {
      void (entry?.end(graceMsOf(pod)) ?? removePod(needs, pod));
    } else if (entry === undefined) {
      entries.set(uid, new Entry(needs, pod, () => ++number));
    }
  };
  const container = (namespace: string, pod: string, name: string): Container => {
    const isMeant = ({ metadata }: Pod) => metadata.namespace === namespace && metadata.name === pod;
    const found = [...entries.values()].find((entry) => isMeant(entry.pod))?.container(name);
    if (found === undefined) throw new Error(`container ${namespace}/${pod}/${name} is not running`);
    return found;
  };

  void followServices(api, needs.hosts, stopping.signal);
  void api.follow<Pod>("/api/v1/pods", note, stopping.signal);
  return {
    kill: (namespace, pod, name, signal) => container(namespace, pod, name).kill(signal),
    keepDown: (namespace, pod, name) => container(namespace, pod, name).keepDown(),
    bringBack: (namespace, pod, name) => container(namespace, pod, name).bringBack(),
    pods: (namespace, name) =>
      [...entries.values()]
        .filter(
          ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.deletionTimestamp === undefined,
        )
        .filter((entry) => entry.container(name) !== undefined)
        .map(({ pod }) => pod.metadata.name),
    useApiPort(port) {
      needs.apiPort = port;
    },
    pid: (namespace, pod, name) => container(namespace, pod, name).pid,
    async stop() {
      stopping.abort();
      await Promise.all([...entries.values()].map((entry) => entry.destroy()));
    },
  };
}

function isOurs({ spec }: Pod): boolean {
  return spec.nodeName !== undefined && spec.containers.some(({ image }) => isProcess(image));
}

function graceMsOf({ metadata, spec }: Pod): number {
  return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1_000;
}
