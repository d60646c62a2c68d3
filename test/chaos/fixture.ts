import { cluster } from "../cluster/fixture.ts";
import { Shop, type ShopOptions } from "../stories/shop.ts";
import { openWay, type Way } from "./api/trouble.ts";

let opening: Promise<Way> | undefined;

/** The way from Serin's pods to the API server, one for all files of a mocha process; without trouble at first. */
export function way(): Promise<Way> {
  opening ??= cluster().then(openWay);
  return opening;
}

/** Opens a shop in a cluster where Serin's pods take that way. */
export async function openShop(title: string, options: ShopOptions = {}): Promise<Shop> {
  await way();
  return Shop.open(title, options);
}

// Importing this file at the top of a test file makes this a root hook.
after("closes the way to the API server", async () => {
  await (await opening?.catch(() => undefined))?.close();
});
