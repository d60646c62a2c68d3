import { expect } from "chai";
import type { Browser } from "playwright-core";
import { openPage, rowsOf, startBrowser } from "../../support/page/browser.ts";
import { aListedView } from "../../support/page/flights.ts";
import { type PageServer, servePage } from "../../support/page/page-server.ts";
import { aScene } from "../../support/page/scene.ts";

describe("the list of the dashboard's page", function () {
  this.timeout(120_000);
  let browser: Browser;
  let server: PageServer;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    server = await servePage(aScene());
  });
  afterEach(async () => {
    server.close();
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  it("has the worst first, and says what a person is wanted for", async () => {
    const { page, complaints } = await openPage(browser, server.url);
    await page.getByText("● live").waitFor();
    expect(await rowsOf(page, "table.list")).to.deep.equal([
      "namespace | name | strategy | state | traffic | harm (of its limit) | safe (of its limit) | since",
      "pay | ledger | canary | ✖ rolled back | 0 % | 354/100 | – | 2h2m",
      "rolled back at 25 %: 10.00 % of the canary's requests failed, 0.40 % of stable's; 354:1 of 100:1 kubectl serin undo ledger -n paycopy",
      "shop | checkout | canary | ‖ waiting 2/3 | 5 % | 0.5/100 | verified | 52m",
      "paused by the plan at 5 % kubectl rollout resume deployment/checkout -n shopcopy",
      "pay | cards | canary | ‖ holding 2/3 | 25 % | 0.5/100 | 1.2/20 | 6m40s",
      "shop | search | canary | ◑ promoting | 25 % | 0.5/100 | verified | 10m",
      "shop | web | canary | ◑ progressing 2/3 | 25 % | 0.5/100 | 6.7/20 | 1m20s",
      "infra | edge | canary | ◑ preparing | 0 % | – | – | 9s",
    ]);
    expect(await page.locator(".summary").innerText()).to.match(
      /^✖ 1 rolled back\s+‖ 1 waits for a person\s+‖ 1 holds for evidence\s+◑ 3 in progress\s+numbers of 12:00:00$/,
    );
    expect(await page.locator("h1").innerText()).to.contain("cluster prod-eu");
    expect(await page.title()).to.equal("✖ 1 rolled back · Serin");
    expect(complaints).to.deep.equal([]);
  });

  it("sorts by a column, up, down and back", async () => {
    const { page } = await openPage(browser, server.url);
    const names = () => page.locator("tbody th").allInnerTexts();
    const head = page.getByRole("columnheader", { name: "name", exact: true });
    const button = head.getByRole("button");
    await button.click();
    expect(await names()).to.deep.equal(["cards", "checkout", "edge", "ledger", "search", "web"]);
    expect(await head.getAttribute("aria-sort")).to.equal("ascending");
    await button.click();
    expect((await names())[0]).to.equal("web");
    expect(await head.getAttribute("aria-sort")).to.equal("descending");
    await button.click();
    expect((await names())[0]).to.equal("ledger");
  });

  it("keeps filter and namespace in the address", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByLabel("filter").fill("roll");
    await page.locator("tbody").filter({ hasText: "web" }).waitFor({ state: "detached" });
    expect(page.url()).to.contain("#/?filter=roll");
    await page.getByLabel("filter").fill("");
    await page.getByLabel("namespace").selectOption("pay");
    await page
      .locator("tbody")
      .filter({ hasText: "edge" })
      .filter({ hasText: "infra" })
      .waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("ledger").first().waitFor();
    expect(await page.locator("tbody th").allInnerTexts()).to.deep.equal(["ledger", "cards"]);
    await page.getByLabel("filter").fill("nothing");
    expect(await page.locator(".empty").innerText()).to.equal(
      'None of 6 fits the filter "nothing" and the namespace pay.',
    );
  });

  it("shows what ended, and every opted-in Deployment", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByRole("link", { name: "Ended" }).click();
    await page.getByText("promoted").first().waitFor();
    expect((await rowsOf(page, "table.list")).slice(1)).to.deep.equal([
      "2026-01-01 11:59:55 | pay | ledger | 8 | rolled back | 25 % | 2h2m | jane@example.com",
      "rolled back at 25 %: 10.00 % of the canary's requests failed, 0.40 % of stable's; 354:1 of 100:1",
      "2026-01-01 11:59:55 | infra | dns | 8 | promoted | 25 % | 2h29m | jane@example.com",
      "2026-01-01 11:59:55 | shop | cart | 8 | promoted | 25 % | 24h59m | jane@example.com",
    ]);
    await page.getByRole("link", { name: "Opted in" }).click();
    await page.getByText("at rest, promoted").first().waitFor();
    expect(await page.locator("tbody th").allInnerTexts()).to.include.members(["dns", "cart", "web"]);
  });

  it("changes with the stream, and tells changes of states to a screen reader", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByText("● live").waitFor();
    const bad = aListedView({ namespace: "shop", name: "web", state: "rolled-back" });
    server.push({ all: false, changed: [bad], gone: ["infra/edge"] });
    await page.getByText("✖ 2 rolled back").waitFor();
    expect(await page.locator("tbody th").allInnerTexts()).to.not.include("edge");
    expect(await page.locator("[aria-live=polite]").innerText()).to.equal("web in shop: ✖ rolled back");
  });

  it("says since when it is not live, and takes the stream up again by itself", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByText("● live").waitFor();
    server.cut();
    await page.getByText("reconnecting since 12:00:00: the server").waitFor();
    expect(await page.locator("tbody th").count()).to.equal(6);
    server.mend();
    await page.getByText("● live").waitFor();
    server.push({ all: false, changed: [], gone: ["shop/web"] });
    await page.locator("tbody").filter({ hasText: "web" }).waitFor({ state: "detached" });
  });

  it("is used by keyboard alone", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByText("● live").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal("checkout");
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineStyle,
    );
    expect(outline).to.equal("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "shop / checkout" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("table.list").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("ledger");
    await page.locator("tbody").filter({ hasText: "web" }).waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.locator("tbody").filter({ hasText: "web" }).waitFor();
  });

  it("obeys a key at once after it goes back to the list", async () => {
    const { page } = await openPage(browser, server.url);
    await page.getByRole("link", { name: "checkout" }).click();
    await page.getByRole("heading", { name: "shop / checkout" }).waitFor();
    const focused = await page.evaluate(async () => {
      const press = (key: string) => dispatchEvent(new KeyboardEvent("keydown", { key }));
      const drawn = new Promise<void>((resolve) => {
        const look = () => document.querySelector("table.list") !== null && resolve();
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
      });
      press("Escape");
      await drawn;
      press("/");
      // Effects of the list run after the next frame.
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      return document.activeElement?.id;
    });
    expect(focused).to.equal("filter");
  });

  it("draws only the rows in sight of a long list, which the keyboard, the browser's search and paper still reach", async () => {
    server.close();
    const crowd = Array.from({ length: 150 }, (_, i) => ({ name: `web-${i}`, age: 1_000 - i }));
    server = await servePage(aScene(crowd));
    const { page } = await openPage(browser, server.url);
    await page.locator("table.long").waitFor();
    const last = page.getByRole("link", { name: "web-149" });
    const isDrawn = () => last.evaluate((link) => link.checkVisibility({ contentVisibilityAuto: true }));
    expect([await page.locator("tbody").count(), await isDrawn()]).to.deep.equal([150, false]);
    await page.emulateMedia({ media: "print" });
    expect(await isDrawn()).to.equal(true);
    await page.emulateMedia({ media: "screen" });
    expect(await page.evaluate(() => (window as unknown as BrowserFind).find("web-148"))).to.equal(true);
    for (let row = 0; row < 150; row += 1) await page.keyboard.press("j");
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal("web-149");
    expect(await isDrawn()).to.equal(true);
    await page.getByLabel("filter").fill("web-14");
    await page.locator("table.list:not(.long)").waitFor();
  });
});

/** What Ctrl+F does, which the types of the DOM leave out because it is no standard. */
interface BrowserFind {
  find(text: string): boolean;
}
