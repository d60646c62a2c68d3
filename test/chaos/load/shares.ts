import { expect } from "chai";
import type { Load } from "../../cluster/load.ts";
import { Recording, type Summary } from "../../cluster/record.ts";
import { SIGMAS } from "../../stories/share.ts";
import { HEARD_MS, type Shop } from "../../stories/shop.ts";

/**
 * A version had no more than the share (0 to 1) that it was granted, as far as chance goes, and not much less: Traefik begins
 * with the stable version again whenever any route changes, and those of other shops do.
 */
export function expectGranted(
  { total, byVersion }: Summary,
  version: string,
  share: number,
  atLeast = 60,
): void {
  expect(total, "requests counted").to.be.at.least(atLeast);
  const most = share + SIGMAS * Math.sqrt((share * (1 - share)) / total);
  const seen = (byVersion[version] ?? 0) / total;
  expect(seen, `share of ${version} in ${total} requests`).to.be.within(share / 2, most);
}

/**
 * So it was at every weight that the routes gave it since, once the gateway had heard of it and until the plan's interval was
 * over. The instants are Serin's own: what a busy test hears of late would blur them.
 */
export function expectGrantedShares(
  shop: Shop,
  load: Load,
  version: string,
  { from, intervalMs }: { from: number; intervalMs: number },
): void {
  for (const [since, weight] of weightsSince(shop, from)) {
    const during = answeredWithin(load, since + HEARD_MS, since + intervalMs);
    expectGranted(during, version, weight / 100);
  }
}

/** The requests that began and ended in a time: on a busy machine one may wait for so long that it meets the next weight. */
function answeredWithin(load: Load, from: number, to: number): Summary {
  const recording = new Recording();
  for (const row of load.rows(from, to)) if (row.at + row.latencyMs < to) recording.add(row);
  return recording.summary();
}

/** Every weight above 0 by the instant (ms) at which it was written. */
function weightsSince(shop: Shop, from: number): ReadonlyMap<number, number> {
  const shares = shop.changesOf("httproutes", from).flatMap(({ object }) => {
    const { shares = {} } = JSON.parse(object.metadata.annotations?.["serin.dev/held"] ?? "{}");
    return Object.values<{ weight: number; since: string }>(shares);
  });
  return new Map(
    shares.filter(({ weight }) => weight > 0).map(({ weight, since }) => [Date.parse(since), weight]),
  );
}
