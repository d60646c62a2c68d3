import { once } from "node:events";
import type { Cluster } from "../cluster/cluster.ts";
import { eventually } from "../cluster/wait.ts";

/** Where node's inspector listens when SIGUSR1 opens it; one process at a time. */
const INSPECTOR = "http://127.0.0.1:9229/json/list";
/** The inspector of a process closes so many ms after it was asked to; node 24 crashes if a client is still attached then. */
const CLOSES_MS = 100;

/**
 * What of the heap is in use (MiB) in each of Serin's processes right after two garbage collections, by pod, container and pid: unlike
 * resident memory it tells a leak from garbage. The processes are as they ship; they stand still for some 100 ms.
 */
export async function liveHeaps({ kubelet }: Cluster): Promise<ReadonlyMap<string, number>> {
  const heaps = new Map<string, number>();
  for (const container of ["webhook", "controller"])
    for (const pod of kubelet.pods("serin-system", container)) {
      const pid = kubelet.pid("serin-system", pod, container);
      if (pid !== undefined) heaps.set(`${container} of ${pod} (${pid})`, await liveHeap(pid));
    }
  return heaps;
}

async function liveHeap(pid: number): Promise<number> {
  process.kill(pid, "SIGUSR1");
  const url = await eventually(`the inspector of ${pid}`, inspectorUrl);
  const session = new Session(url);
  try {
    await session.call("HeapProfiler.collectGarbage");
    await session.call("HeapProfiler.collectGarbage");
    const { usedSize } = (await session.call("Runtime.getHeapUsage")) as { usedSize: number };
    return usedSize / 2 ** 20;
  } finally {
    const close = `setTimeout(() => process.getBuiltinModule("inspector").close(), ${CLOSES_MS})`;
    await session.call("Runtime.evaluate", { expression: close });
    await session.close();
    await eventually(
      `the end of the inspector of ${pid}`,
      async () => (await inspectorUrl()) === undefined || undefined,
    );
  }
}

async function inspectorUrl(): Promise<string | undefined> {
  try {
    const [target] = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    // It does not listen, or not any more.
    return undefined;
  }
}

/** Calls of the inspector's protocol, one after the other. */
class Session {
  readonly #socket: WebSocket;
  readonly #opened: Promise<unknown>;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#opened = once(this.#socket, "open");
  }

  /** The result of a call. Throws with what the process says against it. */
  async call(method: string, params: object = {}): Promise<unknown> {
    await this.#opened;
    const answered = once(this.#socket, "message");
    this.#socket.send(JSON.stringify({ id: 1, method, params }));
    const [{ data }] = (await answered) as [{ data: string }];
    const { result, error } = JSON.parse(data) as { result?: unknown; error?: { message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}
