import { setTimeout as sleep } from "node:timers/promises";
import { appManifests } from "../../cluster/app.ts";
import type { Shop } from "../../stories/shop.ts";

/** The kinds of updates, in turn. */
const WHATS = ["version", "plan", "note"] as const;
type What = (typeof WHATS)[number];

/** The results of the updates. */
interface Updates {
  readonly total: number;
  /** The API server's messages, each with the instant (ms since the epoch) at which the update was sent. */
  readonly failed: readonly { readonly at: number; readonly message: string }[];
  /** Updates that passed without Serin, each with the instant at which it was sent. */
  readonly unseen: readonly { readonly at: number; readonly what: What }[];
  /** The longest time to an answer, in ms. */
  readonly longestMs: number;
}

/** A steady stream of updates until it is stopped. */
export interface UpdateLoad {
  total(): number;
  stop(): Promise<Updates>;
}

/**
 * The number of clients. Each waits for its answer, so a busy machine lowers the rate. They are no more than two webhooks work on
 * at once in one namespace: an update of a plan that waits for its turn for 2 s passes without Serin.
 */
const CLIENTS = 4;

/**
 * Updates opted-in Deployments up to `rps` times a second, in turn: with a new version (dry run), with a plan that is not
 * valid (dry run; Serin refuses it), and with an annotation, which the API server stores.
 */
export function startUpdates(shop: Shop, names: readonly string[], rps: number): UpdateLoad {
  const failed: { at: number; message: string }[] = [];
  const unseen: { at: number; what: What }[] = [];
  let [total, longestMs] = [0, 0];
  let stopped = false;
  const turn = async (index: number) => {
    const at = Date.now();
    const { seen, message } = await update(shop, names[index % names.length] ?? "", index);
    longestMs = Math.max(longestMs, Date.now() - at);
    if (message !== undefined) failed.push({ at, message });
    else if (!seen) unseen.push({ at, what: WHATS[index % 3] ?? "note" });
  };
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!stopped) {
      total += 1;
      await Promise.all([turn(total), sleep((1_000 * CLIENTS) / rps)]);
    }
  });
  return {
    total: () => total,
    async stop() {
      stopped = true;
      await Promise.all(clients);
      return { total, failed, unseen, longestMs };
    },
  };
}

/** The updated Deployment, or the message of the refusal. */
interface Updated {
  readonly message?: string;
  readonly spec?: { readonly minReadySeconds?: number };
}

async function update(shop: Shop, name: string, index: number): Promise<{ seen: boolean; message?: string }> {
  const path = `/apis/apps/v1/namespaces/${shop.namespace}/deployments/${name}`;
  const annotations = (value: object) => ({ metadata: { annotations: value } });
  const version = { spec: { template: annotations({ "chaos/version": String(index) }) } };
  const [dry, body] = [
    ["?dryRun=All", version],
    ["?dryRun=All", annotations({ "serin.dev/steps": "50, 10" })],
    ["", annotations({ "chaos/asked": String(index) })],
  ][index % 3] as [string, object];
  const { status, body: answer } = await shop.cluster
    .request<Updated>("PATCH", path + dry, body)
    .catch((error: unknown) => ({ status: 0, body: { message: String(error) } as Updated }));
  const complained = answer.message?.includes("serin.dev/steps: 10 follows 50") ?? false;
  if (status !== 200) return complained ? { seen: true } : { seen: false, message: answer.message ?? "" };
  return { seen: index % 3 === 2 || (body === version && (answer.spec?.minReadySeconds ?? 0) > 1e9) };
}

/** Opted-in Deployments of one pod each, ready. */
export async function deployMany(shop: Shop, names: readonly string[]): Promise<void> {
  const { namespace } = shop;
  const annotations = { "serin.dev/rollout": "canary" };
  for (const name of names)
    await shop.apply(appManifests({ name, namespace, host: shop.host(name), replicas: 1, annotations }));
  for (const name of names) await shop.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
}
