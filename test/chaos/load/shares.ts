import { expect } from "chai";
import type { Load } from "../../cluster/load.ts";
import { Recording, type Summary } from "../../cluster/record.ts";
import { grants } from "../../stories/granted.ts";
import { SIGMAS } from "../../stories/share.ts";
import { HEARD_MS, type Shop } from "../../stories/shop.ts";

/**
 * Expects that a version had no more than its granted share (0 to 1), within the limits of chance, and at least half of
 * it. Traefik restarts its rounds with the stable version after any change of a route, including those of other shops.
 */
export function expectGranted(
  { total, byVersion }: Summary,
  version: string,
  share: number,
  atLeast = 60,
): void {
  expect(total, "requests counted").to.be.at.least(atLeast);
  expect((byVersion[version] ?? 0) / total, `share of ${version}`).to.be.at.least(share / 2);
  expectAtMost({ total, byVersion }, version, share);
}

/** Expects that a version had no more than this share (0 to 1), within the limits of chance. */
export function expectAtMost(
  { total, byVersion }: Pick<Summary, "total" | "byVersion">,
  version: string,
  share: number,
): void {
  const most = share * total + SIGMAS * Math.sqrt(share * (1 - share) * total);
  expect(byVersion[version] ?? 0, `${version} in ${total} requests`).to.be.at.most(most);
}

/**
 * Expects the same at every weight since an instant, from when the gateway had followed until the plan's interval ended.
 * The instants are Serin's own, because a busy test process learns of changes late.
 */
export function expectGrantedShares(
  shop: Shop,
  load: Load,
  version: string,
  { from, intervalMs }: { from: number; intervalMs: number },
): void {
  const raised = grants(shop, from).filter(({ weight }) => weight > 0);
  expect(raised, "weights above 0").to.not.deep.equal([]);
  for (const { weight, at } of raised) {
    const during = answeredWithin(load, at + HEARD_MS, at + intervalMs);
    expectGranted(during, version, weight / 100);
  }
}

/** The requests that began and ended in a period. On a busy machine a request may wait until the next weight. */
function answeredWithin(load: Load, from: number, to: number): Summary {
  const recording = new Recording();
  for (const row of load.rows(from, to)) if (row.at + row.latencyMs < to) recording.add(row);
  return recording.summary();
}
