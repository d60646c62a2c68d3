import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Load } from "../../cluster/load.ts";
import { manifestOf } from "../../stories/ledger.ts";
import { expectShare } from "../../stories/share.ts";
import type { Shop, ShopApp } from "../../stories/shop.ts";

/** A rollout without metrics that stays at half of the traffic for as long as any test needs. */
export const HALF: ShopApp = {
  interval: "2s",
  plan: { "serin.dev/steps": "50:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" },
};

/** The most time until Serin restores a Service that it isolated in vain, in ms: the wait, and the controller's work. */
export const UNISOLATED_MS = 44_000 + 3_000;

/** A shop in the middle of a rollout. */
export interface Midway {
  /** The user's manifests. */
  readonly v1: string;
  /** The user's Service and route before the rollout. */
  readonly was: readonly object[];
  readonly load: Load;
}

/** Writes one of Serin's annotations on the Deployment. */
export const annotate = (shop: Shop, key: string, value: string): Promise<string> =>
  shop.run("annotate", "deployment/web", `serin.dev/${key}=${value}`, "--overwrite");

/** Brings `app:v2`, or another image, to half of the traffic. */
export async function atHalf(shop: Shop, options: ShopApp = {}, image = "app:v2"): Promise<Midway> {
  const v1 = await shop.deploy({ ...HALF, ...options });
  const was = theirs(shop);
  const load = shop.load(100);
  await shop.run("set", "image", "deployment/web", `app=${image}`);
  await shop.weighs(50);
  return { v1, was, load };
}

/**
 * Waits until the canary has half of the traffic again and no request fails. Expects the last failure within `withinMs`
 * after `from`; returns the number of failures and the time of the last one.
 */
export async function recovers(shop: Shop, load: Load, from: number, withinMs: number): Promise<string> {
  const back = await shop.weighs(50);
  // Includes the time that a gateway may need to follow.
  const settled = await shop.answered(load, Math.max(back, from + withinMs), 100);
  const to = await shop.answered(load, settled, 1_000);
  expect(load.between(settled, to).failed, "failed after the recovery").to.equal(0);
  expectShare(load.between(settled, to), "v2", 0.5, 900);
  const last = failedFor(load, from);
  expect(last, "the last failure, ms after").to.be.below(withinMs);
  return `${load.between(from, to).failed} failed, the last after ${(last / 1000).toFixed(1)}s`;
}

/** Promotes the rollout and expects no trace of it. */
export async function promoted(shop: Shop, was: readonly object[]): Promise<void> {
  await shop.promote();
  expect(shop.pods("v2")).to.have.length(5);
  await expectTheirs(shop, was);
}

/** Expects no trace of Serin in the namespace, and the user's Service and route as before. */
export async function expectTheirs(shop: Shop, was: readonly object[], timeoutMs = 30_000): Promise<void> {
  const isClean = () => traces(shop).length === 0;
  await shop.until("everything restored", isClean, timeoutMs).catch(() => {
    expect(traces(shop), "traces of Serin").to.deep.equal([]);
  });
  expect(theirs(shop)).to.deep.equal(was);
}

/** The user's current Service and route, without the fields that differ between objects of the same name. */
export function theirs({ stock }: Shop): readonly object[] {
  return [stock.services.get("web"), stock.httproutes.get("web")].map((object) => {
    if (object === undefined) return {};
    const { metadata, spec } = manifestOf(object as never) as Record<"metadata" | "spec", object>;
    const { uid: _uid, creationTimestamp: _at, ...meta } = metadata as Record<string, unknown>;
    const { clusterIP: _ip, clusterIPs: _ips, ...rest } = spec as Record<string, unknown>;
    return { metadata: meta, spec: rest };
  });
}

/** The names of the objects with Serin's mark, and of the canary Services. */
export function traces({ stock }: Shop): readonly string[] {
  const { services, httproutes, deployments, replicasets } = stock;
  const all = [services, httproutes, deployments, replicasets].flatMap((kind) => [...kind.values()]);
  const marked = all.filter(({ metadata: { labels = {}, annotations = {} } }) => {
    return "serin.dev/flight" in labels || "serin.dev/held" in annotations;
  });
  const canaryServices = [...services.keys()].filter((name) => name.endsWith("-canary"));
  return [...new Set([...marked.map(({ metadata }) => metadata.name), ...canaryServices])];
}

/** The time from an instant to the last failure after it, in ms; 0 without failures. */
function failedFor(load: Load, from: number, to?: number): number {
  const failed = [...load.rows(from, to)].filter(({ status }) => status !== 200).map(({ at }) => at);
  return failed.reduce((last, at) => Math.max(last, at - from), 0);
}

/** The greatest share of a version in the good answers of any second of that period. */
export function greatestShare(load: Load, version: string, from: number, to: number): number {
  let greatest = 0;
  for (let at = from; at + 1_000 <= to; at += 250) {
    const { byVersion, total, failed } = load.between(at, at + 1_000);
    if (total > failed) greatest = Math.max(greatest, (byVersion[version] ?? 0) / (total - failed));
  }
  return greatest;
}

/** Waits while the test changes nothing. */
export const quiet = (ms: number): Promise<void> => sleep(ms);

/** One of the manifests of a list, by its kind. */
export function only(manifests: string, kind: string): string {
  return JSON.stringify(JSON.parse(manifests).items.find((item: { kind: string }) => item.kind === kind));
}
