import { setTimeout as sleep } from "node:timers/promises";
import { appManifests } from "../../cluster/app.ts";
import type { Shop } from "../../stories/shop.ts";

/** What is updated, in turn. */
const WHATS = ["version", "plan", "note"] as const;
type What = (typeof WHATS)[number];

/** What became of updates. */
interface Updates {
  readonly total: number;
  /** The API server's messages, with the instant (ms since the epoch) at which each update was sent. */
  readonly failed: readonly { readonly at: number; readonly message: string }[];
  /** Updates that went through although Serin had not seen them, with the instant at which each was sent. */
  readonly unseen: readonly { readonly at: number; readonly what: What }[];
  /** The longest answer, in ms. */
  readonly longestMs: number;
}

/** A steady stream of updates until it is stopped. */
export interface UpdateLoad {
  total(): number;
  stop(): Promise<Updates>;
}

/** So many clients, each of which waits for its answer: a busy machine makes the stream thinner, not longer. */
const CLIENTS = 20;

/**
 * Updates opted-in Deployments up to `rps` times a second, in turn: a new version (dry run), a plan that is wrong (dry run;
 * who sees it refuses it) and an annotation, which is stored.
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

/** The Deployment, or why not. */
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
