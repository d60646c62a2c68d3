import { setTimeout as sleep } from "node:timers/promises";
import { shareOf } from "../../../rollout/traffic/route-record.ts";
import type { Protocol } from "../../cluster/app.ts";
import { parseImage } from "../../cluster/image.ts";
import type { Load } from "../../cluster/load.ts";
import { Shop, type ShopOptions } from "../shop.ts";

/** An application that has been running for a while. */
export interface Scene {
  readonly shop: Shop;
  readonly load: Load;
}

/** Its settings: 0.1 % of its answers are errors unless the image says otherwise. */
export interface SceneOptions extends ShopOptions {
  readonly rps: number;
  /** How long (ms) the load's clients wait for an answer. */
  readonly patienceMs?: number;
  /** `grpc`: the load is of calls through a GRPCRoute; `http` by default. */
  readonly protocol?: Protocol;
  readonly image?: string;
  readonly steps?: string;
  readonly interval?: string;
  readonly plan?: Readonly<Record<string, string>>;
}

/** The result of a release, counted at the client. */
export interface Finding {
  /** `open`: no verdict in the time given. */
  readonly outcome: "promoted" | "rolled back" | "open";
  /** From the canary's first weight to the verdict, or to the end of the time given. */
  readonly seconds: number;
  /** From the canary's first failed answer until it had no weight; absent where either was not. */
  readonly secondsFromFailure?: number;
  /** The canary's answers until then, including those still open, and how many of them were failures. */
  readonly requests: number;
  readonly failed: number;
  /** Requests that no version answered. */
  readonly unanswered: number;
  /** When (s from the first weight) each weight came. */
  readonly weights: Readonly<Record<number, number>>;
  /** Serin's last message about it. */
  readonly message: string;
}

/** How long the gateway may still send requests to a canary that was rolled back. */
const LATE_MS = 3_000;

/** Opens a shop with a Deployment `web` of five pods under load. */
export async function openScene(title: string, options: SceneOptions): Promise<Scene> {
  const { rps, patienceMs, protocol = "http", image = "app:v1-err0.1" } = options;
  const { steps = "10", interval = "10s", plan = {} } = options;
  const shop = await Shop.open(title, options);
  try {
    await shop.deploy({ image, interval, protocol, plan: { "serin.dev/steps": steps, ...plan } });
  } catch (error) {
    await shop.close();
    throw error;
  }
  return { shop, load: protocol === "grpc" ? shop.calls(rps) : shop.load(rps, "web", "/", patienceMs) };
}

/** Releases an image and waits for the verdict, `forMs` from its first weight at the most. Throws without a weight. */
export async function release({ shop, load }: Scene, image: string, forMs: number): Promise<Finding> {
  const tag = image.replace(/^.*:/, "");
  const from = await start(shop, image);
  const outcome = await verdict(shop, tag, from + forMs);
  const ended = Date.now();
  await sleep(LATE_MS);
  const to = outcome === "rolled back" ? (withoutWeight(shop, from) ?? ended) : ended;
  const { firstFailure, ...counted } = count(load, parseImage(image).version, from);
  const record = shop.record(tag);
  return {
    outcome,
    seconds: (to - from) / 1_000,
    ...(outcome === "rolled back" && firstFailure && { secondsFromFailure: (to - firstFailure) / 1_000 }),
    ...counted,
    weights: Object.fromEntries(weights(shop, from).map(({ at, weight }) => [weight, (at - from) / 1_000])),
    message: (record?.ended === undefined ? shop.condition()?.message : record.message) ?? "",
  };
}

/** Releases an image; resolves with the instant (ms) of its first weight, once it has one. */
export async function start(shop: Shop, image: string): Promise<number> {
  const asked = Date.now();
  await shop.run("set", "image", "deployment/web", `app=${image}`);
  await shop.until("the canary's first weight", () => (shop.weight() ?? 0) > 0);
  return weights(shop, asked).find(({ weight }) => weight > 0)?.at ?? Date.now();
}

async function verdict(shop: Shop, tag: string, until: number): Promise<Finding["outcome"]> {
  for (; Date.now() < until; await sleep(100)) {
    const outcome = shop.record(tag)?.outcome;
    if (outcome === "promoted") return "promoted";
    if (outcome === "failed") return "rolled back";
  }
  return "open";
}

/** When the canary lost its weight for good. */
function withoutWeight(shop: Shop, from: number): number | undefined {
  const changes = weights(shop, from);
  const raised = changes.findLastIndex(({ weight }) => weight > 0);
  return changes.slice(raised + 1).find(({ weight }) => weight === 0)?.at;
}

function weights(shop: Shop, from: number) {
  const uid = shop.deployment().metadata.uid ?? "";
  // A scene has a route of one kind.
  return [...shop.changesOf("httproutes", from), ...shop.changesOf("grpcroutes", from)]
    .filter(({ object }) => object.metadata.name === "web")
    .map(({ at, object }) => ({ at, weight: shareOf(object, uid)?.weight ?? 0 }));
}

function count(load: Load, canary: string, from: number) {
  let [requests, failed, unanswered] = [0, 0, 0];
  let firstFailure: number | undefined;
  for (const { at, status, version } of load.rows(from)) {
    if (version === "") unanswered += 1;
    if (version !== canary) continue;
    requests += 1;
    if (!isFailure(status)) continue;
    failed += 1;
    firstFailure = Math.min(at, firstFailure ?? at);
  }
  return { requests, failed, unanswered, firstFailure };
}

/** Whether an answer is a failure: an HTTP status of the server's, or a code of gRPC, which are all below 17, other than OK. */
function isFailure(status: number): boolean {
  return status >= 500 || (status > 0 && status < 17);
}
