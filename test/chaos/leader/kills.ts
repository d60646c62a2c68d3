import { RUN } from "../../../rollout/keys.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Call, Way } from "../api/trouble.ts";
import { replace, replicasOf } from "./replicas.ts";

/** More kills than any rollout has writes to meet: a loop. */
const MOST_KILLS = 250;

/** What one write has met. */
interface Met {
  /** Method, path and body, without what differs every time. */
  readonly what: string;
  /** How often it was killed for. */
  kills: number;
  /** How often the API server did it. */
  done: number;
}

/** What has happened since the killing began. */
export interface Kills {
  /** Processes killed. */
  readonly count: number;
  readonly writes: readonly Readonly<Met>[];
}

/**
 * From now on every write of that container meets a SIGKILL before it reaches the API server and, when the next process
 * repeats it, another one after it was done and before anybody knows of it; then it passes. A process that was killed is
 * followed by another at once. The way's `set()` ends it.
 */
export async function killAtEveryWrite(of: Cluster, way: Way, container: Call["container"]): Promise<Kills> {
  const pods = await replicasOf(of);
  const met = new Map<string, Met>();
  const turns = new Turns();
  let count = 0;

  const metBy = (call: Call): Met => {
    const what = turns.nameOf(call);
    const known = met.get(what) ?? { what, kills: 0, done: 0 };
    met.set(what, known);
    return known;
  };
  const kill = async (write: Met, { address }: Call): Promise<"cut"> => {
    write.kills += 1;
    count += 1;
    await replace(of, pods.get(address) ?? "", container);
    return "cut";
  };
  const isMeant = (call: Call) => call.isWrite && call.container === container && count < MOST_KILLS;

  way.set({
    before(call) {
      if (!isMeant(call)) return "pass";
      const write = metBy(call);
      return write.kills === 0 ? kill(write, call) : "pass";
    },
    after(call, status) {
      if (!isMeant(call) || status >= 300) return "pass";
      const write = metBy(call);
      write.done += 1;
      turns.took(call);
      return write.kills === 1 ? kill(write, call) : "pass";
    },
  });
  return {
    get count() {
      return count;
    },
    get writes() {
      return [...met.values()];
    },
  };
}

/**
 * Tells a write that is repeated from one that comes again because something else was written in between. A condition is
 * the same however often it comes: what it says may depend on how long the process has lived.
 */
class Turns {
  readonly #last = new Map<string, { readonly what: string; readonly turn: number }>();

  nameOf(call: Call): string {
    return `${whatOf(call)} #${this.#turnOf(call)}`;
  }

  /** The write was done. */
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

/** Without times and versions, a record without its evidence, and a condition without what is counted. */
function whatOf(call: Call): string {
  const body = withoutEvidence(call.body)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/"resourceVersion":"\d+"/g, "")
    .replaceAll(/("path":"\/metadata\/generation","value":)\d+/g, "$1<generation>");
  const said = isCondition(call) ? body.replaceAll(/\d+(\.\d+)?/g, "#") : body;
  return `${call.method} ${pathOf(call)} ${said}`;
}

function withoutEvidence(body: string): string {
  if (body === "") return body;
  const isSaid = (key: string) => key === "evidence" || key === "message";
  const bare = (run: string) =>
    JSON.stringify(JSON.parse(run), (key, value) => (isSaid(key) ? undefined : value));
  return JSON.stringify(JSON.parse(body), (key, value) => (key === RUN ? bare(value) : value));
}
