import { cluster } from "../cluster/fixture.ts";
import { Shop, type ShopOptions } from "../stories/shop.ts";
import { openWay, type Way } from "./api/trouble.ts";

let opening: Promise<Way> | undefined;

/** The way from Serin's pods to the API server. All files of a mocha process share it; it starts without trouble. */
export function way(): Promise<Way> {
  opening ??= cluster().then(openWay);
  return opening;
}

/** Opens a shop in a cluster in which Serin's pods use that way. */
export async function openShop(title: string, options: ShopOptions = {}): Promise<Shop> {
  await way();
  return Shop.open(title, options);
}

// This is a root hook, because test files import this file at their top.
after("closes the way to the API server", async () => {
  await (await opening?.catch(() => undefined))?.close();
});
