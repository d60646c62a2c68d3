import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { instant } from "../rollout/text/instant.ts";
import type { Board, Listed } from "./board.ts";
import type { MayRead, Reader } from "./readers.ts";

/** Where a stream is written to; an HTTP response fits. */
export interface Sink {
  /** The bytes that the reader has not taken yet. */
  readonly writableLength: number;
  write(text: string): unknown;
  destroy(): unknown;
}

interface StreamsOptions {
  readonly board: Pick<Board, "listed" | "listen">;
  readonly mayRead: MayRead;
  /** What the operator calls the cluster: the first event of a stream tells it. */
  readonly cluster?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Stream {
  readonly reader: Reader | undefined;
  readonly sink: Sink;
  /** Key of a view → the version that the reader has. */
  readonly shown: Map<string, number>;
  /** The last event, so that one goes out after the other. */
  last: Promise<void>;
  events: number;
}

/** The shortest time (ms) between two events of a stream. */
const BATCH_MS = 1_000;
/** A comment this often (ms) keeps proxies from closing a silent connection, and shows who may not read any more. */
const ALIVE_MS = 15_000;
/** The browser connects again after this time (ms). */
const RETRY_MS = 1_000;
/** A reader that leaves more than this (bytes) untaken is cut off; it may come back, and begins with all views again. */
const MOST_UNTAKEN = 4 * 1024 * 1024;

/** The streams of all readers: each gets the views that changed, of the namespaces that it may read, once a second. */
export class RolloutStreams {
  readonly #options: StreamsOptions;
  readonly #streams = new Set<Stream>();
  #sentAt = 0;
  #isArmed = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
    options.board.listen(() => this.#arm());
    void this.#keepAlive();
  }

  /** How many are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream with all views. Returns what must be called when the reader is gone. */
  open(reader: Reader | undefined, sink: Sink): () => void {
    const stream: Stream = { reader, sink, shown: new Map(), last: Promise.resolve(), events: 0 };
    this.#streams.add(stream);
    sink.write(`retry: ${RETRY_MS}\n\n`);
    this.#send(stream);
    return () => void this.#streams.delete(stream);
  }

  /** One batch for all changes within a second. */
  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    const { clock, signal } = this.#options;
    clock
      .sleep(Math.max(0, this.#sentAt + BATCH_MS - clock.now()), signal)
      .then(() => {
        this.#isArmed = false;
        this.#sentAt = clock.now();
        for (const stream of this.#streams) this.#send(stream);
      })
      // The signal has aborted.
      .catch(() => {});
  }

  async #keepAlive(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(ALIVE_MS, signal).catch(() => {});
      if (signal.aborted) return;
      for (const stream of this.#streams) {
        stream.sink.write(":\n\n");
        // A right that was taken away or given since.
        this.#send(stream);
      }
    }
  }

  #send(stream: Stream): void {
    stream.last = stream.last
      .then(() => this.#sendNews(stream))
      .catch((error: unknown) => {
        // The next batch or comment tries again.
        this.#options.log.warn({ err: error, user: stream.reader?.user }, "views not sent");
      });
  }

  async #sendNews(stream: Stream): Promise<void> {
    const { board, mayRead, cluster, clock } = this.#options;
    if (!this.#streams.has(stream)) return;
    if (stream.sink.writableLength > MOST_UNTAKEN) {
      this.#streams.delete(stream);
      stream.sink.destroy();
      return;
    }
    const all = board.listed();
    const namespaces = [...new Set([...all.values()].map(({ namespace }) => namespace))];
    const readable = await mayRead(stream.reader, namespaces);
    const isFirst = stream.events === 0;
    const changed: Listed[] = [];
    for (const [key, view] of all) {
      if (!readable.has(view.namespace) || stream.shown.get(key) === view.version) continue;
      stream.shown.set(key, view.version);
      changed.push(view);
    }
    const gone = [...stream.shown.keys()].filter((key) => {
      const view = all.get(key);
      return view === undefined || !readable.has(view.namespace);
    });
    for (const key of gone) stream.shown.delete(key);
    if (!isFirst && changed.length === 0 && gone.length === 0) return;
    stream.events += 1;
    const views = changed.map(({ text }) => text).join(",");
    const named = isFirst && cluster !== undefined ? { cluster } : {};
    const head = JSON.stringify({ at: instant(clock.now()), all: isFirst, ...named }).slice(0, -1);
    const data = `${head},"changed":[${views}],"gone":${JSON.stringify(gone)}}`;
    stream.sink.write(`id: ${stream.events}\nevent: rollouts\ndata: ${data}\n\n`);
  }
}
