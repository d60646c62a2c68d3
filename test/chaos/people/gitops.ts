import { setTimeout as sleep } from "node:timers/promises";
import type { Shop } from "../../stories/shop.ts";

/** Hands manifests in; the message of what refused them, if anything did. */
export type Hand = (manifests: string) => Promise<string | undefined>;

/** A machine that hands in what is committed, again and again, whether it has changed or not. */
export interface Loop {
  /** From now on these manifests are handed in. */
  commit(manifests: string): void;
  /** How often something was handed in. */
  readonly turns: number;
  /** What was refused, and when. */
  readonly refusals: readonly string[];
  /** Waits for so many more turns; not where only what is new is handed in. */
  turned(times: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts such a loop; `everyMs` from the end of one turn to the beginning of the next. Without it, turns come with commits. */
export function startLoop(hand: Hand, committed: string, everyMs?: number): Loop {
  const end = new AbortController();
  const refusals: string[] = [];
  let manifests = committed;
  let next = Promise.withResolvers<void>();
  let turns = 0;
  const turning = turn();
  return {
    commit(changed) {
      manifests = changed;
      if (everyMs === undefined) next.resolve();
    },
    get turns() {
      return turns;
    },
    refusals,
    async turned(times) {
      const until = turns + times;
      while (everyMs !== undefined && turns < until) await sleep(50);
    },
    async stop() {
      end.abort();
      next.resolve();
      await turning;
    },
  };

  async function turn(): Promise<void> {
    while (!end.signal.aborted) {
      next = Promise.withResolvers<void>();
      const refused = await hand(manifests);
      turns += 1;
      if (refused !== undefined) refusals.push(`${new Date().toISOString().slice(11, 23)} ${refused}`);
      await (everyMs === undefined
        ? next.promise
        : sleep(everyMs, undefined, { signal: end.signal }).catch(() => {}));
    }
  }
}

/** kubectl with manifests from standard input. */
export function byKubectl(shop: Shop, ...command: readonly string[]): Hand {
  return async (input) => {
    const options = { namespace: shop.namespace, input };
    const { code, stderr } = await shop.cluster.kubectl([...command, "-f", "-"], options);
    return code === 0 ? undefined : stderr.trim();
  };
}

/** As Flux and Argo CD apply server-side, each under its own name. */
export function byForce(shop: Shop, manager: string): Hand {
  return byKubectl(shop, "apply", "--server-side", "--force-conflicts", `--field-manager=${manager}`);
}

/** As `kubectl apply --server-side` asks the API server, without the time that a process takes. */
export function byServerSideApply(shop: Shop, manager: string): Hand {
  const collections: Record<string, string> = {
    Deployment: "/apis/apps/v1/namespaces/NS/deployments",
    Service: "/api/v1/namespaces/NS/services",
    HTTPRoute: "/apis/gateway.networking.k8s.io/v1/namespaces/NS/httproutes",
  };
  return async (manifests) => {
    const { items } = JSON.parse(manifests) as { items: { kind: string; metadata: { name: string } }[] };
    const answers = await Promise.all(
      items.map((item) => {
        const path = `${collections[item.kind]?.replace("NS", shop.namespace)}/${item.metadata.name}`;
        const query = `fieldManager=${manager}&force=false`;
        return shop.cluster.request<{ message?: string }>(
          "PATCH",
          `${path}?${query}`,
          item,
          "application/apply-patch+yaml",
        );
      }),
    );
    return answers.find(({ status }) => status > 299)?.body.message;
  };
}
