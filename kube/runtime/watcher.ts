import type { Kube, WatchEvent } from "../client/api.ts";
import { ApiError, isInvalid, isNotFound } from "../client/errors.ts";
import { backoffMs, type Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { KubeObject } from "../core/meta.ts";
import type { Resource } from "../core/resources.ts";

interface FollowOptions<T extends KubeObject> {
  readonly kube: Kube;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly initial?: "list" | "watch";
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** Everything there is, as of this version; replaces what was reported before. */
  readonly onList: (objects: T[], version: string) => void;
  /** A change after the list; a BOOKMARK carries a version only. */
  readonly onEvent: (event: WatchEvent<T>) => void;
}

/** A watch that lived this long, in milliseconds, was no failure even if nothing happened in it. */
const steadyMs = 5_000;

/** Lists, then watches, and again after each failure (0.2 s doubling to 10 s), until the signal aborts. */
export async function follow<T extends KubeObject>(options: FollowOptions<T>): Promise<void> {
  const { signal, clock, log, resource, namespace } = options;
  const stream = new Stream(options);
  let failures = 0;
  while (!signal.aborted) {
    const opened = clock.now();
    const error = await stream.run();
    if (signal.aborted) return;
    const steady = stream.takeHeard() || clock.now() - opened >= steadyMs;
    failures = steady ? 0 : failures + 1;
    if (isRefusal(error)) stream.forget();
    // Serin asks again and again for a kind that is not installed; that is no news.
    const level = failures > 0 && !isNotFound(error) ? "warn" : "debug";
    log[level]({ err: error, resource: resource.plural, namespace, failures }, "watch ended");
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    await clock.sleep(Math.max(asked, backoffMs(failures)), signal).catch(() => {});
  }
}

/** What the server refuses (410 above all) cannot be continued; after anything else the watch continues where it was. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500 && error.status !== 429;
}

/** One list-and-watch after the other, each from where the last one ended. */
class Stream<T extends KubeObject> {
  readonly #options: FollowOptions<T>;
  readonly #query: Record<string, string> = {};
  #initial: "list" | "watch";
  #version: string | undefined;
  #heard = false;

  constructor(options: FollowOptions<T>) {
    this.#options = options;
    this.#initial = options.initial ?? "list";
    if (options.labelSelector) this.#query.labelSelector = options.labelSelector;
    if (options.fieldSelector) this.#query.fieldSelector = options.fieldSelector;
  }

  /** Runs until the server ends the watch or something fails; then resolves with the failure, if any. */
  async run(): Promise<unknown> {
    try {
      if (this.#version === undefined && this.#initial === "list") await this.#list();
      await (this.#version === undefined ? this.#watchAll() : this.#watch());
      return undefined;
    } catch (error) {
      // Servers without WatchList refuse sendInitialEvents as invalid.
      if (this.#version === undefined && isInvalid(error)) this.#initial = "list";
      return error;
    }
  }

  /** Whether the server reported any change since the last question: a list alone may be all that it can send. */
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
    const { kube, resource, namespace, onList } = this.#options;
    try {
      const { items, resourceVersion } = await kube.list<T>(resource, { namespace }, this.#query);
      this.#version = resourceVersion;
      onList(items, resourceVersion);
    } catch (error) {
      // The kind is not installed (yet): there is none of it, and nothing needs to wait for the copy.
      if (isNotFound(error)) onList([], "0");
      throw error;
    }
  }

  async #watch(): Promise<void> {
    for await (const event of this.#open({ resourceVersion: this.#version ?? "" })) this.#pass(event);
  }

  /** One request that first sends what exists, up to a marked bookmark, then what changes. */
  async #watchAll(): Promise<void> {
    const existing: T[] = [];
    for await (const event of this.#open({
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
    })) {
      if (this.#version !== undefined) this.#pass(event);
      else if (event.type !== "BOOKMARK") existing.push(event.object);
      else if (event.object.metadata.annotations?.["k8s.io/initial-events-end"] === "true") {
        this.#version = event.object.metadata.resourceVersion ?? "";
        this.#options.onList(existing, this.#version);
      }
    }
  }

  #open(query: Record<string, string>): AsyncIterable<WatchEvent<T>> {
    const { kube, resource, namespace, signal } = this.#options;
    return kube.watch<T>(resource, { namespace }, { ...this.#query, ...query }, signal);
  }

  #pass(event: WatchEvent<T>): void {
    this.#heard = true;
    this.#options.onEvent(event);
    this.#version = event.object.metadata.resourceVersion ?? this.#version;
  }
}
