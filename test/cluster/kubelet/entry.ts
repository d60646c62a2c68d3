import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "./container.ts";
import { type PodNeeds, type RunningPod, runPod } from "./pod.ts";
import type { Pod } from "./spec.ts";

// A pod may come before its service account's token can be had.
const START_TRIES = 10;
const START_RETRY_MS = 500;

/** One pod of the kubelet, from the moment it was assigned until its object is gone. */
export class Entry {
  readonly pod: Pod;
  readonly #needs: PodNeeds;
  readonly #running: Promise<RunningPod | undefined>;
  #containers: readonly Container[] = [];
  #ending = false;
  #destroyed = false;

  /** Starts the pod; `nextNumber` gives a number that no pod had before. */
  constructor(needs: PodNeeds, pod: Pod, nextNumber: () => number) {
    this.pod = pod;
    this.#needs = needs;
    this.#running = this.#start(nextNumber);
  }

  /** The container of a name, once it was started. */
  container(name: string): Container | undefined {
    return this.#containers.find((each) => each.name === name);
  }

  /** Ends the pod gracefully and then takes its object away, as a kubelet does. Repeating it does nothing. */
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

/** Deletes a pod's object for good. One that is gone already, or an API server that is, is no matter. */
export async function removePod({ api }: PodNeeds, { metadata }: Pod): Promise<void> {
  const options = { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } };
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  await api.request("DELETE", path, options).catch(() => {});
}
