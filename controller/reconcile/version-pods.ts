import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { pods } from "../../kube/core/resources.ts";
import type { Pod } from "../../kube/core/workloads.ts";
import { type Reflection, reflect } from "../../kube/runtime/reflector.ts";
import { HASH_LABEL } from "../../rollout/keys.ts";
import { briefWait } from "./brief-wait.ts";
import { leanPod } from "./lean-objects.ts";
import type { Change } from "./marks.ts";

/** The room of one rollout's pods, in characters of JSON: for some 10,000 pods. */
const ROOM = 16 * 1024 * 1024;

/** The means to follow pods. */
interface VersionPodsOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when a pod of a Deployment has changed. */
  readonly onChange: (change: Change) => void;
}

/** The pods of one rollout. */
interface Versions {
  /** The hashes of both versions, as a label selector writes a set. */
  readonly hashes: string;
  readonly pods: Reflection<Pod>;
  readonly synced: () => Promise<void>;
  readonly stop: AbortController;
}

/** Copies of the pods of both versions of each rollout. Pods carry no mark of Serin, so each rollout has its own watch. */
export class VersionPods {
  readonly #versions = new Map<string, Versions>();
  readonly #options: VersionPodsOptions;

  constructor(options: VersionPodsOptions) {
    this.#options = options;
  }

  /** The pods with these hashes. The first call starts the watch. Throws if its copy is not complete soon. */
  async of(uid: string, namespace: string, versions: readonly string[]): Promise<readonly Pod[]> {
    const hashes = versions.join(",");
    const known = this.#versions.get(uid);
    const followed = known?.hashes === hashes ? known : this.#follow(uid, namespace, hashes);
    await followed.synced();
    return followed.pods.list();
  }

  /** Ends the watch on the pods of that Deployment. */
  forget(uid: string): void {
    this.#versions.get(uid)?.stop.abort();
    this.#versions.delete(uid);
  }

  #follow(uid: string, namespace: string, hashes: string): Versions {
    this.forget(uid);
    const stop = new AbortController();
    const { onChange, signal, ...means } = this.#options;
    const copy = reflect<Pod>({
      ...means,
      resource: pods,
      namespace,
      labelSelector: `${HASH_LABEL} in (${hashes})`,
      initial: "watch",
      signal: AbortSignal.any([signal, stop.signal]),
      pick: leanPod,
      room: { most: ROOM },
      onChange: (_key, now, before) => {
        const objects = [now, before].filter((pod) => pod !== undefined);
        onChange({ uid, kind: pods.plural, objects });
      },
    });
    const synced = briefWait(copy.synced, `the pods of namespace ${namespace}`, means.clock);
    const followed = { hashes, pods: copy, synced, stop };
    this.#versions.set(uid, followed);
    return followed;
  }
}
