import { expect } from "chai";
import type { Load } from "../../cluster/load.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop, ShopApp } from "../../stories/shop.ts";
import type { Call, Way } from "./trouble.ts";

/** A rollout without metrics, with 25 % and 50 % for 4 s each. Without trouble it takes about 16 s. */
export const FAST: ShopApp = {
  interval: "4s",
  plan: { "serin.dev/steps": "25, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" },
};

/** Expects the end of the rollout, with no trace of Serin on the user's objects. */
export async function expectEnded(shop: Shop, version: string, timeoutMs = 30_000): Promise<void> {
  const { services, httproutes } = shop.stock;
  await shop.until(
    "everything restored",
    () => services.size === 1 && shop.weight() === undefined,
    timeoutMs,
  );
  expect(services.get("web")?.spec.selector).to.deep.equal({ app: "web" });
  expect(httproutes.get("web")?.metadata.annotations ?? {}).to.not.have.property("serin.dev/held");
  await shop.until(`5 pods of ${version}`, () => shop.pods(version).length === 5);
}

/** Expects that the rollout took its steps in order, promoted v2, and lost no request. */
export async function expectPromoted(shop: Shop, load: Load): Promise<void> {
  await expectEnded(shop, "v2");
  expect(grantedTo(shop)).to.deep.equal([25, 50, 0]);
  await shop.until("the record", () => shop.record("v2")?.outcome === "promoted", 15_000);
  await expectNoFailures(load);
}

/** Serin's requests in that period. */
export function callsIn({ calls }: Way, from: number, to = Number.POSITIVE_INFINITY): Call[] {
  return calls.filter(({ at }) => at >= from && at < to);
}

/** Whether a request is about the shop's namespace. */
export function isAbout({ namespace }: Shop, { path }: Call): boolean {
  return `${path.split("?", 1)[0]}/`.includes(`/namespaces/${namespace}/`);
}

/** The Events in the shop's namespace with this reason. */
export async function eventsOf(shop: Shop, reason: string): Promise<{ message: string }[]> {
  const listed = await shop.run("get", "events", `--field-selector=reason=${reason}`, "-o=json");
  return JSON.parse(listed).items;
}
