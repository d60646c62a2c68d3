import type { Kube } from "../client/api.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { KubeObject } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";
import type { Cache } from "./store.ts";

/** The means to read single objects of a copy. */
interface RereaderOptions<T extends KubeObject, Raw extends KubeObject> {
  readonly kube: Pick<Kube, "list">;
  readonly resource: Resource;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly pick: (object: Raw) => T;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A tenant may make room and take it again all the time: Serin reads at most so many objects in such a time (ms). */
const AT_ONCE = 20;
const PAUSE_MS = 5_000;

/**
 * Reads objects of a copy that found no room, once there is room for them: no watch reports an object that has not changed.
 * Call the result after every event.
 */
export function rereader<T extends KubeObject, Raw extends KubeObject>(
  { kube, resource, labelSelector, fieldSelector, pick, clock, log, signal }: RereaderOptions<T, Raw>,
  cache: Pick<Cache<T>, "fitting" | "readAgain" | "incomplete">,
): () => void {
  const read = async (key: string) => {
    const [namespace, name] = key.split("/");
    const terms = [fieldSelector, `metadata.name=${name}`].filter(Boolean);
    const query = { labelSelector, fieldSelector: terms.join(",") };
    const { items } = await kube.list<T, Raw>(resource, { namespace }, query, pick);
    for (const object of items) cache.readAgain(object);
  };
  let isWaiting = false;
  const look = async () => {
    await clock.sleep(PAUSE_MS, signal);
    isWaiting = false;
    const keys = cache.fitting();
    for (const key of keys.slice(0, AT_ONCE)) await read(key);
    if (keys.length > AT_ONCE) start();
  };
  const start = () => {
    if (isWaiting || cache.incomplete().size === 0) return;
    isWaiting = true;
    look().catch((error: unknown) => {
      if (signal.aborted) return;
      log.warn({ err: error, resource: resource.plural }, "read again failed");
      start();
    });
  };
  return start;
}
