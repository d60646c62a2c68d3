import { RUN } from "../../../rollout/keys.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Call, Way } from "../api/trouble.ts";
import { replace, replicasOf, restart } from "./replicas.ts";

/** More kills than any rollout needs; beyond it, writes repeat in a loop. */
const MOST_KILLS = 250;

/** SIGKILL, or the signal with which the kubelet begins to end a pod. */
export type Ending = "SIGKILL" | "SIGTERM";

/** One write, and the kills at it. */
interface KilledWrite {
  /** Method, path and body, without the parts that differ every time. */
  readonly what: string;
  /** The number of kills at this write. */
  kills: number;
  /** The number of times that the API server performed it. */
  done: number;
}

/** The kills so far. */
export interface Kills {
  /** The number of killed processes. */
  readonly count: number;
  readonly writes: readonly Readonly<KilledWrite>[];
  /** Waits for the processes that are about to end by SIGTERM. Throws what was wrong about an end. */
  settled(): Promise<void>;
}

/**
 * Kills that container at every write from now on: first before the write reaches the API server, then, when the next
 * process repeats it, after the API server performed it and before the container has the answer. The third time it
 * passes. With SIGTERM, the write passes at once, and each write ends one process: in turns before it reaches the API server
 * and after that; a process that is about to end gets no second signal. Each killed process is replaced at once.
 * `way.set()` ends the kills.
 */
export async function killAtEveryWrite(
  of: Cluster,
  way: Way,
  container: Call["container"],
  ending: Ending = "SIGKILL",
): Promise<Kills> {
  const pods = await replicasOf(of);
  const met = new Map<string, KilledWrite>();
  const stopping = new Set<string>();
  const ends: Promise<void>[] = [];
  const turns = new Turns();
  let count = 0;

  const metBy = (call: Call): KilledWrite => {
    const what = turns.nameOf(call);
    const known = met.get(what) ?? { what, kills: 0, done: 0 };
    met.set(what, known);
    return known;
  };
  const kill = async (write: KilledWrite, { address }: Call): Promise<"cut" | "pass"> => {
    const pod = pods.get(address) ?? "";
    if (stopping.has(pod)) return "pass";
    write.kills += 1;
    count += 1;
    if (ending === "SIGKILL") {
      await replace(of, pod, container);
      return "cut";
    }
    stopping.add(pod);
    const end = restart(of, pod, container).finally(() => stopping.delete(pod));
    // It may fail before somebody waits for it.
    end.catch(() => {});
    ends.push(end);
    return "pass";
  };
  const isMeant = (call: Call) => call.isWrite && call.container === container && count < MOST_KILLS;
  const isDueBefore = ({ kills }: KilledWrite) => kills === 0 && (ending === "SIGKILL" || count % 2 === 0);
  const isDueAfter = ({ kills }: KilledWrite) => kills === (ending === "SIGKILL" ? 1 : 0);

  way.set({
    before(call) {
      if (!isMeant(call)) return "pass";
      const write = metBy(call);
      return isDueBefore(write) ? kill(write, call) : "pass";
    },
    after(call, status) {
      if (!isMeant(call) || status >= 300) return "pass";
      const write = metBy(call);
      write.done += 1;
      turns.took(call);
      return isDueAfter(write) ? kill(write, call) : "pass";
    },
  });
  return {
    get count() {
      return count;
    },
    get writes() {
      return [...met.values()];
    },
    async settled() {
      await Promise.all(ends);
    },
  };
}

/**
 * Distinguishes a repeated write from one that comes again because something else was written in between. All writes of
 * a condition count as the same one: its text may depend on the age of the process.
 */
class Turns {
  readonly #last = new Map<string, { readonly what: string; readonly turn: number }>();

  nameOf(call: Call): string {
    return `${whatOf(call)} #${this.#turnOf(call)}`;
  }

  /** Notes that the API server performed the write. */
  took(call: Call): void {
    this.#last.set(pathOf(call), { what: whatOf(call), turn: this.#turnOf(call) });
  }

  #turnOf(call: Call): number {
    const last = this.#last.get(pathOf(call));
    if (last === undefined || isCondition(call)) return 0;
    return last.what === whatOf(call) ? last.turn : last.turn + 1;
  }
}

function isCondition(call: Call): boolean {
  return pathOf(call).endsWith("/status");
}

function pathOf({ path }: Call): string {
  return path.split("?", 1)[0] ?? "";
}

/** The write without times and versions, a record's evidence, and a condition's numbers. */
function whatOf(call: Call): string {
  const body = withoutEvidence(call.body)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/"resourceVersion":"\d+"/g, "")
    .replaceAll(/("path":"\/metadata\/generation","value":)\d+/g, "$1<generation>");
  const rest = isCondition(call) ? body.replaceAll(/\d+(\.\d+)?/g, "#") : body;
  return `${call.method} ${pathOf(call)} ${rest}`;
}

function withoutEvidence(body: string): string {
  if (body === "") return body;
  const varies = (key: string) => key === "evidence" || key === "message";
  const bare = (run: string) =>
    JSON.stringify(JSON.parse(run), (key, value) => (varies(key) ? undefined : value));
  return JSON.stringify(JSON.parse(body), (key, value) => (key === RUN ? bare(value) : value));
}
