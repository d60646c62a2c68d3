import pLimit from "p-limit";
import type { GatewayName } from "../cluster/gateways.ts";
import { measured } from "./measured.ts";
import { Shop } from "./shop.ts";

/** A test in a shop of its own. A returned text holds its measurements. */
export type Story = (shop: Shop) => Promise<unknown>;

/**
 * Runs tests at the same time, each in its own shop; `most` of them at a time, by default all. They mostly wait, so all of
 * them take as long as the longest.
 */
export function together(
  gateway: GatewayName,
  stories: Readonly<Record<string, Story>>,
  most: number = Object.keys(stories).length,
): void {
  const turns = pLimit(most);
  const shops: Shop[] = [];
  const playing = new Map<string, ReturnType<Story>>();

  before("starts them", () => {
    for (const [title, story] of Object.entries(stories)) {
      const played = turns(async () => {
        const shop = await Shop.open("together", { gateway });
        shops.push(shop);
        return story(shop);
      });
      // A failure is reported when its test awaits it.
      played.catch(() => {});
      playing.set(title, played);
    }
  });
  after("closes them", async () => {
    await Promise.allSettled(playing.values());
    await Promise.all(shops.map((shop) => shop.close()));
  });

  for (const title of Object.keys(stories)) {
    it(title, async function () {
      const figures = await playing.get(title);
      if (typeof figures === "string") measured(this, figures);
    });
  }
}
