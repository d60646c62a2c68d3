import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../../cluster/cluster.ts";
import { sequence } from "../../cluster/sequence.ts";

/** Kills of the leading controller at random. */
export interface RandomKills {
  /** The number of kills, and of those after which the other replica had to lead. */
  readonly count: { killed: number; deposed: number };
  stop(): Promise<void>;
}

/** The time between two kills, in ms. */
const PAUSE_MS = { least: 15_000, most: 45_000 } as const;
/** The time that a controller stays down, longer than a Lease. */
const DOWN_MS = 18_000;

/** Kills the leading controller (SIGKILL) again and again, at instants by the seed. About every fourth stays down. */
export function startRandomKills({ kubectl, kubelet }: Cluster, seed: string): RandomKills {
  const random = sequence(seed);
  const end = new AbortController();
  const count = { killed: 0, deposed: 0 };
  const killing = kill();
  return {
    count,
    async stop() {
      end.abort();
      await killing;
    },
  };

  async function kill(): Promise<void> {
    for (;;) {
      await pause(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least));
      if (end.signal.aborted) return;
      const get = ["get", "lease/serin", "-n", "serin-system", "-o=jsonpath={.spec.holderIdentity}"];
      const leader = (await kubectl(get)).stdout.trim();
      const staysDown = random() < 0.25;
      count.killed += 1;
      if (!staysDown) {
        kubelet.kill("serin-system", leader, "controller", "SIGKILL");
        continue;
      }
      count.deposed += 1;
      await kubelet.keepDown("serin-system", leader, "controller");
      await pause(DOWN_MS);
      kubelet.bringBack("serin-system", leader, "controller");
    }
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: end.signal }).catch(() => {});
  }
}
