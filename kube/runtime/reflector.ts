import type { Kube } from "../client/api.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type KubeObject, keyOf, versionOf, withoutManagedFields } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";
import { predicateOf } from "../core/selector.ts";
import type { Indexes } from "./indexer.ts";
import { rereader } from "./rereader.ts";
import { Room, type RoomOptions } from "./room.ts";
import { Cache, type OnChange, type Refused } from "./store.ts";
import { follow } from "./watcher.ts";

/** The room of a namespace (characters of JSON), unless a reflection has its own. */
const MOST = 8 * 1024 * 1024;

/** The objects to copy, and the listener. */
export interface ReflectOptions<
  T extends KubeObject,
  Index extends string = never,
  Raw extends KubeObject = T,
> {
  readonly kube: Kube;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  /** Equality and existence terms only: `key`, `!key`, `key=value`, `key!=value`, joined by commas. */
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /**
   * `list`: LIST, then WATCH. `watch`: one WATCH that first sends what exists (WatchList, Kubernetes 1.34), for small
   * sets that come and go. On a server without WatchList it falls back to `list`.
   */
  readonly initial?: "list" | "watch";
  /** Ends the reflection. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Drops unused fields from each object as soon as it is read, to save memory; managedFields by default. */
  readonly pick?: (object: Raw) => T;
  /** How much of one namespace the copy keeps, after `pick`; 8 Mi characters of JSON by default. */
  readonly room?: RoomOptions<T>;
  /** Indexes that find objects by other values than their keys. */
  readonly indexes?: Indexes<T, Index>;
  /**
   * Called at every change, once per resource version; `now` is undefined if the object is gone, `before` if it is new.
   * The reflector logs its errors.
   */
  readonly onChange: OnChange<T>;
  /** Called after a list that is older than what the watch reported before: etcd was restored from a backup. */
  readonly onRestored?: () => void;
}

/** A copy of a part of the cluster, which outlives failures of the API server. Do not change its objects. */
export interface Reflection<T extends KubeObject, Index extends string = never, Raw extends KubeObject = T> {
  /** Resolves when the copy is complete for the first time. Rejects if the signal aborts first. */
  readonly synced: Promise<void>;
  /** The object under `namespace/name` (see keyOf). */
  get(key: string): T | undefined;
  list(): T[];
  /** The namespaces of which the copy lacks an object, because it found no room. */
  incomplete(): ReadonlySet<string>;
  /** The objects that an index finds under this value; it looks at no other object. */
  by(index: Index, value: string): readonly T[];
  /**
   * Puts the result of the caller's own write into the copy and calls onChange, so that the next snapshot contains it.
   * Ignores a version that the watch has already passed.
   */
  apply(object: Raw): void;
}

/** Starts to keep a copy, until the signal aborts. Failures in between do not end it. */
export function reflect<T extends KubeObject, Index extends string = never, Raw extends KubeObject = T>(
  options: ReflectOptions<T, Index, Raw>,
): Reflection<T, Index, Raw> {
  const { pick = withoutManagedFields as (object: Raw) => never, room = { most: MOST }, signal } = options;
  const matches = predicateOf(options);
  const onFull = (namespace: string) =>
    options.log.warn(
      { resource: options.resource.plural, namespace, most: room.most },
      "the objects of this namespace that may concern Serin are too long together: Serin ignores some of them",
    );
  const indexes = options.indexes ?? ({} as Indexes<T, Index>);
  const cache = new Cache<T, Index>(guarded(options), indexes, new Room(room, onFull));
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const end = () => synced.reject(signal.reason);
  // A signal that has aborted already fires no event, and a caller that waits for the copy would wait for ever.
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  const look = rereader({ ...options, pick }, cache);
  /** The last list's objects without room. */
  let refused = new Map<string, Refused>();
  void follow<T, Raw>({
    ...options,
    pick,
    roomOfList() {
      const ofList = new Room(room, onFull);
      const kept = new Map<string, T>();
      refused = new Map();
      // A list that begins anew reports its objects again, and one by a watch reports changes, too.
      return (object, exists) => {
        const key = keyOf(object);
        const fits = ofList.take(exists ? object : undefined, kept.get(key));
        if (exists && fits) kept.set(key, object);
        else kept.delete(key);
        if (fits) refused.delete(key);
        else refused.set(key, { version: versionOf(object), size: ofList.sizeOf(object) });
        return fits;
      };
    },
    onList(objects, version) {
      if (cache.replace(objects, version, refused)) options.onRestored?.();
      synced.resolve();
    },
    onEvent(event) {
      if (event.type === "BOOKMARK") cache.pass(event.version);
      else cache.observe(event.object, event.type !== "DELETED");
      look();
    },
  });
  return {
    synced: synced.promise,
    get: (key) => cache.get(key),
    list: () => cache.list(),
    incomplete: () => cache.incomplete(),
    by: (index, value) => cache.by(index, value),
    apply: (object) => cache.apply(pick(object), matches(object)),
  };
}

/** An error of the listener must not stop the stream or the cache. */
function guarded<T extends KubeObject>({
  onChange,
  log,
  resource,
}: Pick<ReflectOptions<T>, "onChange" | "log" | "resource">): OnChange<T> {
  return (key, now, before) => {
    try {
      onChange(key, now, before);
    } catch (error) {
      log.error({ err: error, resource: resource.plural, key }, "listener failed");
    }
  };
}
