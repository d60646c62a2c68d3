import { expect } from "chai";
import type { Load } from "../../cluster/load.ts";
import { grantedTo } from "../../stories/granted.ts";
import { expectNoFailures } from "../../stories/share.ts";
import type { Shop, ShopApp } from "../../stories/shop.ts";
import type { Call, Way } from "./trouble.ts";

/** A rollout without judgement, 25 % and 50 %, each for 4 s: without trouble it takes about 16 s. */
export const FAST: ShopApp = {
  interval: "4s",
  plan: { "serin.dev/steps": "25, 50", "serin.dev/compare": "off", "serin.dev/checks": "none" },
};

/** Whether nothing of the rollout is left but the user's own objects. */
export async function expectEnded(shop: Shop, version: string, timeoutMs = 30_000): Promise<void> {
  const { services, httproutes } = shop.stock;
  await shop.until(
    "everything given back",
    () => services.size === 1 && shop.weight() === undefined,
    timeoutMs,
  );
  expect(services.get("web")?.spec.selector).to.deep.equal({ app: "web" });
  expect(httproutes.get("web")?.metadata.annotations ?? {}).to.not.have.property("serin.dev/held");
  await shop.until(`5 pods of ${version}`, () => shop.pods(version).length === 5);
}

/** The rollout went through its steps in their order, ended with v2, and no user noticed. */
export async function expectPromoted(shop: Shop, load: Load): Promise<void> {
  await expectEnded(shop, "v2");
  expect(grantedTo(shop)).to.deep.equal([25, 50, 0]);
  await shop.until("the record", () => shop.record("v2")?.outcome === "promoted", 15_000);
  await expectNoFailures(load);
}

/** What Serin asked in that time. */
export function callsIn({ calls }: Way, from: number, to = Number.POSITIVE_INFINITY): Call[] {
  return calls.filter(({ at }) => at >= from && at < to);
}

/** A request about one namespace. */
export function isAbout({ namespace }: Shop, { path }: Call): boolean {
  return `${path.split("?", 1)[0]}/`.includes(`/namespaces/${namespace}/`);
}

/** The names and instants of the Events in a namespace with this reason. */
export async function eventsOf(shop: Shop, reason: string): Promise<{ message: string }[]> {
  const listed = await shop.run("get", "events", `--field-selector=reason=${reason}`, "-o=json");
  return JSON.parse(listed).items;
}
