/** Prints the used heap, in bytes, of a node process in this network namespace. Argument: the pid. */
import { once } from "node:events";
import { eventually } from "../../cluster/wait.ts";

/** The address of node's inspector, which SIGUSR1 opens for good. */
const INSPECTOR = "http://127.0.0.1:9229/json/list";

const pid = Number(process.argv[2]);
process.kill(pid, "SIGUSR1");
const session = new WebSocket(await eventually(`the inspector of ${pid}`, inspectorUrl));
await once(session, "open");
await call("HeapProfiler.collectGarbage");
await call("HeapProfiler.collectGarbage");
const { usedSize } = (await call("Runtime.getHeapUsage")) as { usedSize: number };
session.close();
console.log(usedSize);

async function inspectorUrl(): Promise<string | undefined> {
  try {
    const [target] = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    // The inspector does not listen yet.
    return undefined;
  }
}

/** Makes one call of the inspector's protocol at a time; returns its result. Throws with the inspector's message. */
async function call(method: string, params: object = {}): Promise<unknown> {
  const answered = once(session, "message");
  session.send(JSON.stringify({ id: 1, method, params }));
  const [{ data }] = (await answered) as [{ data: string }];
  const { result, error } = JSON.parse(data) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}
