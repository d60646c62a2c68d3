/**
 * `npm run bench:dashboard`: how long the page of the dashboard takes with 1,000 rollouts in flight, in Chromium and by the
 * browser's own clock: until the list is painted, the time of the main thread until then, and its time for an event of the
 * stream that changes 100 of them. Prints the median and the most, in ms, and ends with status 1 if a median is beyond its limit.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { startBrowser } from "../../test/support/page/browser.ts";
import { aListedView, type FlightParts } from "../../test/support/page/flights.ts";
import { servePage } from "../../test/support/page/page-server.ts";
import { aScene } from "../../test/support/page/scene.ts";
import { median } from "../statistics.ts";

const ROLLOUTS = 1_000;
const CHANGED = 100;
const PAGES = 3;
const UPDATES = 5;
const SETTLE_MS = 1_000;
const LIMITS = {
  "first paint": 1_000,
  "the main thread until then": 300,
  "an update of 100 rows": 50,
} as const;

const states = ["progressing", "progressing", "progressing", "holding", "waiting", "rolled-back"] as const;
const crowd = Array.from(
  { length: ROLLOUTS },
  (_, i): FlightParts => ({
    namespace: `team-${i % 40}`,
    name: `service-${i}`,
    state: states[i % states.length] ?? "progressing",
    age: 20 + ((i * 37) % 4_000),
  }),
);

const browser = await startBrowser();
const server = await servePage(aScene(crowd));
const taken: Record<keyof typeof LIMITS, number[]> = {
  "first paint": [],
  "the main thread until then": [],
  "an update of 100 rows": [],
};
for (let opened = 0; opened < PAGES; opened += 1) {
  // The clock of the tests stands still, so this page has its own.
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const inspector = await page.context().newCDPSession(page);
  // The time that the thread had a core: what else runs on the machine does not count.
  await inspector.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.addInitScript(noteRows, ROLLOUTS);
  await page.goto(server.url);
  taken["first paint"].push(await painted(page));
  taken["the main thread until then"].push(await busyMs(inspector));
  // What the page does after its first paint belongs to no update.
  await delay(SETTLE_MS);
  for (let update = 0; update < UPDATES; update += 1)
    taken["an update of 100 rows"].push(await updated(inspector, update));
  await page.close();
}
await browser.close();
server.close();
for (const [what, all] of Object.entries(taken)) {
  const limit = LIMITS[what as keyof typeof LIMITS];
  const most = Math.max(...all);
  process.stdout.write(
    `${what}: ${Math.round(median(all))} ms, at most ${Math.round(most)} (limit ${limit})\n`,
  );
  if (median(all) > limit) process.exitCode = 1;
}

/** Notes when the browser has painted all rows. */
function noteRows(most: number): void {
  const observer = new MutationObserver(() => {
    if (document.querySelectorAll("table.list tbody").length < most) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => performance.mark("serin-rows")));
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** The time from the beginning of the navigation to the paint of all rows, in ms. */
async function painted(page: Page): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName("serin-rows").length > 0);
  return page.evaluate(() => performance.getEntriesByName("serin-rows")[0]?.startTime ?? Number.NaN);
}

/** How long the main thread was busy so far: script, styles, layout and paint, in ms. */
async function busyMs(inspector: CDPSession): Promise<number> {
  const { metrics } = await inspector.send("Performance.getMetrics");
  return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
}

/** How long it is busy with an event, in ms. */
async function updated(inspector: CDPSession, update: number): Promise<number> {
  const changed = crowd
    .slice(0, CHANGED)
    .map((parts) => aListedView({ ...parts, weight: 11 + update, safe: update / 10 }));
  const before = await busyMs(inspector);
  server.push({ all: false, changed, gone: [] });
  // To ask the page whether it is done would keep its main thread busy.
  await delay(SETTLE_MS);
  return (await busyMs(inspector)) - before;
}
