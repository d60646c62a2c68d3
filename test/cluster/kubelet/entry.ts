import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "./container.ts";
import { type PodNeeds, type RunningPod, runPod } from "./pod.ts";
import type { Pod } from "./spec.ts";

// A pod may arrive before the API server issues its service account's token.
const START_TRIES = 10;
const START_RETRY_MS = 500;

/** One pod of the kubelet, from its assignment until its object is deleted. */
export class Entry {
  readonly pod: Pod;
  readonly #needs: PodNeeds;
  readonly #running: Promise<RunningPod | undefined>;
  #containers: readonly Container[] = [];
  #ending = false;
  #destroyed = false;

  /** Starts the pod; `nextNumber` returns a number that no pod has had. */
  constructor(needs: PodNeeds, pod: Pod, nextNumber: () => number) {
    this.pod = pod;
    this.#needs = needs;
    this.#running = this.#start(nextNumber);
  }

  /** The container of that name, once it has started. */
  container(name: string): Container | undefined {
    return this.#containers.find((each) => each.name === name);
  }

  /** Ends the pod gracefully and then deletes its object, as a kubelet does. A second call does nothing. */
  async end(graceMs: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await (await this.#running)?.stop(graceMs);
    if (!this.#destroyed) await removePod(this.#needs, this.pod);
  }

  /** Ends the pod's processes at once and leaves its object alone. */
  async destroy(): Promise<void> {
    this.#ending = true;
    this.#destroyed = true;
    await (await this.#running)?.destroy();
  }

  async #start(nextNumber: () => number): Promise<RunningPod | undefined> {
    for (let tries = 0; tries < START_TRIES && !this.#ending; tries++) {
      try {
        const running = await runPod(this.#needs, this.pod, nextNumber());
        this.#containers = running.containers;
        return running;
      } catch (error) {
        const { namespace, name } = this.pod.metadata;
        if (!this.#ending) this.#needs.log(`pod ${namespace}/${name}: ${error}`);
        await sleep(START_RETRY_MS);
      }
    }
    return undefined;
  }
}

/** Deletes a pod's object for good. Ignores an object, or an API server, that no longer exists. */
export async function removePod({ api }: PodNeeds, { metadata }: Pod): Promise<void> {
  const options = { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } };
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  await api.request("DELETE", path, options).catch(() => {});
}
