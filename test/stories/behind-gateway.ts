import { expect } from "chai";
import type { Answers } from "../cluster/load.ts";
import { receivedBy } from "../cluster/received.ts";
import type { Shop, ShopApp } from "./shop.ts";
import type { Story } from "./together.ts";

/** The plan of a rollout that is not judged. */
export const unjudged = { "serin.dev/compare": "off", "serin.dev/checks": "none" };

/** The requests that no pod answered: the gateway lost them. */
export async function lostBy(load: Answers): Promise<number> {
  await load.stop();
  return [...load.rows()].filter(({ status, version }) => status !== 200 && version === "").length;
}

/** Releases a version. */
export function update(shop: Shop, image: string): Promise<string> {
  return shop.run("set", "image", "deployment/web", `app=app:${image}`);
}

/** Waits until a version is rolled back; returns the reason. */
export async function rolledBack(shop: Shop, tag: string): Promise<string | undefined> {
  await shop.until("the verdict", () => shop.record(tag)?.outcome === "failed", 90_000);
  return shop.record(tag)?.message;
}

/** Orders the rollback and waits until the route is as it was. */
export async function abort(shop: Shop): Promise<void> {
  await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
  await shop.until("the route restored", () => shop.weight() === undefined);
}

/** Makes the application of a story from the settings of its plan. */
type Planned = (settings: Record<string, string>) => ShopApp;

/** Is promoted. */
export const promotion =
  (plan: Planned): Story =>
  async (shop) => {
    await shop.deploy(plan({ "serin.dev/steps": "10, 50" }));
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.atRest("web", 150_000);
    expect(shop.condition()).to.include({ status: "True", reason: "Promoted" });
    expect(await lostBy(load)).to.equal(0);
  };

/** Is rolled back by the requests that the gateway counts. */
export const rollback =
  (plan: Planned, why: RegExp): Story =>
  async (shop) => {
    await shop.deploy(plan({ "serin.dev/steps": "10, 50" }));
    const load = shop.load(100);
    await update(shop, "v2-err20");
    expect(await rolledBack(shop, "v2-err20")).to.match(why);
    expect(await lostBy(load)).to.equal(0);
  };

/** Is rolled back by copies of requests, before it has users. */
export const rollbackOfCopies =
  (plan: Planned): Story =>
  async (shop) => {
    await shop.deploy(plan({ "serin.dev/mirror": "20%", "serin.dev/steps": "10" }));
    const load = shop.load(100);
    await update(shop, "v2-err20");
    expect(await rolledBack(shop, "v2-err20")).to.match(/^rolled back at copies of 20% .*: errors\./);
    const { byVersion } = await load.stop();
    expect(byVersion, "answers to users").to.have.all.keys("v1");
    const copies = await receivedBy({ namespace: shop.namespace, version: "v2" });
    expect(copies.requests, "copies").to.be.within(1, 0.3 * (byVersion.v1 ?? 0));
    expect(await lostBy(load)).to.equal(0);
  };

/** Has all requests at once, and none of them after the order to go back. */
export const switchAndBack =
  (plan: Planned): Story =>
  async (shop) => {
    await shop.deploy(plan({ "serin.dev/rollout": "blue-green", "serin.dev/steps": "100:10m" }));
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.until("the switch", () =>
      shop.condition()?.message?.startsWith("canary has 100% of the traffic"),
    );
    await shop.answered(load, Date.now(), 200);
    await abort(shop);
    const back = Date.now();
    await shop.answered(load, back, 200);
    expect(load.since(back).byVersion).to.have.all.keys("v1");
    expect((await load.stop()).byVersion).to.have.all.keys("v1", "v2");
    expect(await lostBy(load)).to.equal(0);
  };
