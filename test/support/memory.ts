import type { Kube, Query, WatchEvent, Where } from "../../kube/client/api.ts";
import { ApiError, ConnectionError } from "../../kube/client/errors.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import type { Resource } from "../../kube/core/resources.ts";
import { predicateOf } from "../../kube/core/selector.ts";
import { type Change, Refusal, Store } from "./store.ts";

/** One client's way to the server; a test may change it at any time. */
export interface Line {
  /** No request arrives: each ends after 10 s without an answer. Watches that are open stay silent, and open. */
  cut: boolean;
  /** How long the next request is under way, in ms, there and back; 0 by default. */
  latencyMs?: () => number;
  /** Refuses the next write with this status, if any. */
  refusal?: () => number | undefined;
  /** What was asked: GET, LIST, WATCH, POST, PATCH. */
  readonly requests: string[];
}

const TIMEOUT_MS = 10_000;

/** An API server without sockets: time and the order of all that happens are the test's alone. */
export class MemoryApi {
  readonly store = new Store();
  readonly #clock: Clock;
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.store.onChange = (change) => {
      for (const listener of this.#listeners) listener(change);
    };
  }

  /** A client of this server: reads, creates, merges and watches. */
  connect(line: Line): Kube {
    const { store } = this;
    const send = <T>(method: string, work: () => unknown) => this.#send<T>(line, method, work);
    const client: Pick<Kube, "get" | "list" | "create" | "mergePatch" | "watch" | "close"> = {
      get: (resource, where) => send("GET", () => store.get(collectionOf(resource), keyAt(where))),
      list: (resource, where, query) =>
        send("LIST", () => ({
          items: store.list(collectionOf(resource)).filter(predicateOf({ ...query, ...where })),
          resourceVersion: String(store.version),
        })),
      create: (resource, { namespace }, body) => {
        const { metadata, ...rest } = body as KubeObject;
        const object = { ...rest, metadata: { ...metadata, ...(namespace && { namespace }) } };
        return send("POST", () => store.create(collectionOf(resource), object));
      },
      mergePatch: (resource, where, patch) =>
        send("PATCH", () => store.patch(collectionOf(resource), keyAt(where), "merge", patch)),
      watch: <T extends KubeObject>(...[resource, where, query, signal]: Parameters<Kube["watch"]>) =>
        this.#watch<T>(line, resource, { ...where, ...query }, signal),
      close: async () => {},
    };
    return client as Kube;
  }

  async #send<T>(line: Line, method: string, work: () => unknown): Promise<T> {
    line.requests.push(method);
    await this.#pass(line);
    const status = method === "GET" || method === "LIST" ? undefined : line.refusal?.();
    if (status !== undefined) throw new ApiError(status, "Injected", "injected");
    const answer = attempt(work);
    await this.#pass(line);
    return answer() as T;
  }

  /** Half of the way. */
  async #pass(line: Line): Promise<void> {
    if (line.cut) {
      await this.#clock.sleep(TIMEOUT_MS);
      throw new ConnectionError("no answer");
    }
    const ms = (line.latencyMs?.() ?? 0) / 2;
    if (ms > 0) await this.#clock.sleep(ms);
  }

  async *#watch<T extends KubeObject>(
    line: Line,
    resource: Resource,
    selection: Where & Query,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    line.requests.push("WATCH");
    await this.#pass(line);
    const [collection, matches] = [collectionOf(resource), predicateOf(selection)];
    const events: WatchEvent<T>[] = this.store
      .list(collection)
      .filter(matches)
      .map((object) => ({ type: "ADDED", object: object as T }));
    events.push(bookmark(this.store.version) as WatchEvent<T>);
    let ring = () => {};
    const listener = (change: Change) => {
      const event = change.collection === collection ? eventOf(change) : undefined;
      if (event !== undefined && matches(event.object)) events.push(event as WatchEvent<T>);
      ring();
    };
    this.#listeners.add(listener);
    const wake = () => ring();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const event = line.cut ? undefined : events.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (ring = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener("abort", wake);
    }
  }
}

/** Does the work now; the answer tells of it whenever it arrives. */
function attempt(work: () => unknown): () => unknown {
  try {
    const done = work();
    return () => done;
  } catch (error) {
    return () => {
      throw error instanceof Refusal ? new ApiError(error.code, error.reason, error.message) : error;
    };
  }
}

function eventOf({ before, now, version }: Change): WatchEvent<KubeObject> | undefined {
  if (now !== undefined) return { type: before === undefined ? "ADDED" : "MODIFIED", object: now };
  if (before === undefined) return undefined;
  const metadata = { ...before.metadata, resourceVersion: String(version) };
  return { type: "DELETED", object: { ...before, metadata } };
}

function bookmark(version: number): WatchEvent<KubeObject> {
  const annotations = { "k8s.io/initial-events-end": "true" };
  return {
    type: "BOOKMARK",
    object: { metadata: { name: "", resourceVersion: String(version), annotations } },
  };
}

function collectionOf({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`;
}

function keyAt({ namespace = "", name = "" }: Where): string {
  return `${namespace}/${name}`;
}
