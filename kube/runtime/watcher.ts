import type { Kube, WatchEvent } from "../client/api.ts";
import {
  ApiError,
  BrokenStream,
  isFromFuture,
  isInvalid,
  isNotFound,
  isRefusedConnection,
  isSilence,
  pauseAfter,
} from "../client/errors.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type KubeObject, keyOf } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";

interface FollowOptions<T extends KubeObject, Raw extends KubeObject> {
  readonly kube: Kube;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly initial?: "list" | "watch";
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Reduces each object as soon as it is read. */
  readonly pick: (object: Raw) => T;
  /**
   * Begins a new list; the result tells whether there is room for the next object of it. Serin drops all others at once. One
   * that does not exist any more leaves its room.
   */
  readonly roomOfList: () => (object: T, exists: boolean) => boolean;
  /** All objects at this version. They replace all earlier reports. */
  readonly onList: (objects: T[], version: string) => void;
  /** A change after the list. */
  readonly onEvent: (event: Change<T>) => void;
}

/** An event of the watch; a BOOKMARK carries a version only. */
type Change<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly version: string | undefined };

/** A watch that lasted for this long (ms) does not count as a failure, even without events. */
const steadyMs = 5_000;

/**
 * After so many attempts in a row that did not open a watch, the API server was away for a second or more, and etcd may have
 * been restored from a backup. A watch that continued at its version would hear nothing until the versions get there.
 */
const AWAY = 3;

/** Lists, then watches, and repeats after each failure (0.2 s doubling to 10 s) until the signal aborts. */
export async function follow<T extends KubeObject, Raw extends KubeObject>(
  options: FollowOptions<T, Raw>,
): Promise<void> {
  const { signal, clock, log, resource, namespace } = options;
  const stream = new Stream(options);
  let failures = 0;
  let unopened = 0;
  while (!signal.aborted) {
    const opened = clock.now();
    const error = await stream.run();
    if (signal.aborted) return;
    const steady = stream.takeHeard() || clock.now() - opened >= steadyMs;
    failures = steady ? 0 : failures + 1;
    unopened = isUnopened(error) ? unopened + 1 : isBusy(error) ? unopened : 0;
    if (isUnusable(error) || unopened >= AWAY) stream.forget();
    // If a kind is not installed, the watch fails again and again. That is normal.
    const level = failures > 0 && !isNotFound(error) ? "warn" : "debug";
    log[level]({ err: error, resource: resource.plural, namespace, failures }, "watch ended");
    await clock.sleep(pauseAfter(error, failures), signal).catch(() => {});
  }
}

/**
 * After a refusal (most often 410) the watch cannot continue. After a refused connection it should not: the API server's process
 * had ended, knows few versions from before, and may have got a restored etcd. A silent watch may have begun at a version from
 * the future: the API server sends it not even a bookmark, and would send the next one none either. After most other errors the
 * watch continues at its version.
 */
function isUnusable(error: unknown): boolean {
  return isRefusal(error) || isRefusedConnection(error) || isSilence(error);
}

function isRefusal(error: unknown): boolean {
  return isFromFuture(error) || (error instanceof ApiError && error.status < 500 && !isBusy(error));
}

function isBusy(error: unknown): boolean {
  return error instanceof ApiError && error.status === 429;
}

function isUnopened(error: unknown): boolean {
  return error !== undefined && !(error instanceof BrokenStream) && !isBusy(error);
}

/** One list and watch after the other, each from the version at which the last one ended. */
class Stream<T extends KubeObject, Raw extends KubeObject> {
  readonly #options: FollowOptions<T, Raw>;
  readonly #query: Record<string, string> = {};
  #initial: "list" | "watch";
  #version: string | undefined;
  #heard = false;

  constructor(options: FollowOptions<T, Raw>) {
    this.#options = options;
    this.#initial = options.initial ?? "list";
    if (options.labelSelector) this.#query.labelSelector = options.labelSelector;
    if (options.fieldSelector) this.#query.fieldSelector = options.fieldSelector;
  }

  /** Runs until the server ends the watch or a request fails. Resolves with the error, if any. */
  async run(): Promise<unknown> {
    try {
      if (this.#version === undefined && this.#initial === "list") await this.#list();
      await (this.#version === undefined ? this.#watchAll() : this.#watch());
      return undefined;
    } catch (error) {
      // Servers without WatchList refuse sendInitialEvents as invalid.
      if (this.#version === undefined && isInvalid(error)) this.#initial = "list";
      // The kind is not installed (yet), so there are no objects, and the copy is complete.
      if (this.#version === undefined && isNotFound(error)) this.#options.onList([], "0");
      return error;
    }
  }

  /** Whether an event arrived since the last call. A list does not count: it may be all that the server can send. */
  takeHeard(): boolean {
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }

  /** Starts from a complete list the next time. */
  forget(): void {
    this.#version = undefined;
  }

  async #list(): Promise<void> {
    const { kube, resource, namespace, pick, roomOfList, onList } = this.#options;
    const fits = roomOfList();
    const dropped: T = { metadata: { name: "" } } as T;
    const take = (raw: Raw): T => {
      const object = pick(raw);
      return fits(object, true) ? object : dropped;
    };
    const { items, resourceVersion } = await kube.list<T, Raw>(resource, { namespace }, this.#query, take);
    this.#version = resourceVersion;
    onList(
      items.filter((object) => object !== dropped),
      resourceVersion,
    );
  }

  async #watch(): Promise<void> {
    for await (const event of this.#open({ resourceVersion: this.#version ?? "" })) this.#pass(event);
  }

  /**
   * One request: the server first sends all objects, up to a marked bookmark, and then the changes. Objects may change before
   * the bookmark.
   */
  async #watchAll(): Promise<void> {
    const existing = new Map<string, T>();
    const { pick, roomOfList } = this.#options;
    const fits = roomOfList();
    for await (const event of this.#open({
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
    })) {
      if (this.#version !== undefined) this.#pass(event);
      else if (event.type !== "BOOKMARK") {
        const object = pick(event.object);
        const exists = event.type !== "DELETED";
        if (fits(object, exists) && exists) existing.set(keyOf(object), object);
        else existing.delete(keyOf(object));
      } else if (event.object.metadata.annotations?.["k8s.io/initial-events-end"] === "true") {
        this.#version = event.object.metadata.resourceVersion ?? "";
        this.#options.onList([...existing.values()], this.#version);
      }
    }
  }

  #open(query: Record<string, string>): AsyncIterable<WatchEvent<Raw>> {
    const { kube, resource, namespace, signal } = this.#options;
    return kube.watch<Raw>(resource, { namespace }, { ...this.#query, ...query }, signal);
  }

  #pass({ type, object }: WatchEvent<Raw>): void {
    const { pick, onEvent } = this.#options;
    const { resourceVersion } = object.metadata;
    this.#heard = true;
    onEvent(type === "BOOKMARK" ? { type, version: resourceVersion } : { type, object: pick(object) });
    this.#version = resourceVersion ?? this.#version;
  }
}
