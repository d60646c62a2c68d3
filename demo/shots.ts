/**
 * `npm run shots`: makes the pictures of the dashboard's page in docs/images/, from the rollouts of its tests. The pictures
 * are in the repository; make them anew when the page changes its looks.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openPage, startBrowser } from "../test/support/page/browser.ts";
import { servePage } from "../test/support/page/page-server.ts";
import { aScene } from "../test/support/page/scene.ts";

const folder = join(import.meta.dirname, "../docs/images");
/** What each picture shows: a place of the page, a width in px, the colours, and what must be there before. */
const shots = {
  "dashboard-list": { place: "", width: 1280, colorScheme: "light", shown: "table.list tbody >> nth=5" },
  "dashboard-rollout": { place: "#/shop/web", width: 1280, colorScheme: "light", shown: "canvas >> nth=3" },
  "dashboard-rollout-dark": {
    place: "#/pay/ledger",
    width: 1280,
    colorScheme: "dark",
    shown: "canvas >> nth=3",
  },
  "dashboard-phone": { place: "", width: 360, colorScheme: "light", shown: "table.list tbody >> nth=5" },
} as const;

mkdirSync(folder, { recursive: true });
const server = await servePage(aScene());
const browser = await startBrowser();
for (const [name, { place, shown, ...looks }] of Object.entries(shots)) {
  const { page } = await openPage(browser, server.url + place, looks);
  await page.getByText("● live").waitFor();
  await page.locator(shown).waitFor();
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}
await browser.close();
server.close();
