import { setTimeout as sleep } from "node:timers/promises";
import type { Shop } from "../../stories/shop.ts";

/** Applies manifests; returns the message of the refusal, if any. */
export type Hand = (manifests: string) => Promise<string | undefined>;

/** A machine that applies the committed manifests again and again, changed or not. */
export interface Loop {
  /** Makes the machine apply these manifests from now on. */
  commit(manifests: string): void;
  /** The number of turns so far. */
  readonly turns: number;
  /** The refusals so far, with their instants. */
  readonly refusals: readonly string[];
  /** Waits for this many more turns; returns at once if turns come only with commits. */
  turned(times: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts such a loop with `everyMs` between the end of a turn and the next. Without it, turns come only with commits. */
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

/** Server-side apply with force, as Flux and Argo CD do, each as its own field manager. */
export function byForce(shop: Shop, manager: string): Hand {
  return byKubectl(shop, "apply", "--server-side", "--force-conflicts", `--field-manager=${manager}`);
}

/** The requests of `kubectl apply --server-side`, without the time that a process takes. */
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
