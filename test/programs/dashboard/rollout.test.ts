import { expect } from "chai";
import type { Browser } from "playwright-core";
import { openPage, rowsOf, startBrowser } from "../../support/page/browser.ts";
import { type PageServer, servePage } from "../../support/page/page-server.ts";
import { aScene } from "../../support/page/scene.ts";

describe("a rollout on the dashboard's page", function () {
  this.timeout(120_000);
  let browser: Browser;
  let server: PageServer;
  before(async () => {
    browser = await startBrowser();
    server = await servePage(aScene());
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  after(async () => {
    await browser?.close();
    server?.close();
  });

  it("tells the verdict, the steps, the numbers and the objects", async () => {
    const { page, complaints } = await openPage(browser, `${server.url}#/shop/web`);
    await page.getByText("6.7/20, about 8s more").waitFor();
    expect((await page.locator(".verdict").innerText()).split(/\s*\n\s*/)).to.deep.equal([
      "◑ progressing 2/3 canary, revision 8, since 11:58:40 (1m20s), asked by jane@example.com",
      "canary has 25 % of the traffic, step 2 of 3: safe 6.8:1 of 20:1, harm 0.5:1 of 100:1",
      ...["10 % ✔ 1m04s", "25 % ◑ 16s", "50 %", "promote"],
      ...[
        "traffic",
        "25 %",
        "harm",
        "0.5/100",
        "safe",
        "6.7/20, about 8s more",
        "main",
        "shop/web:1 → shop/web:2",
      ],
      ...["advance", "promote", "abort"].map((verb) => `kubectl serin ${verb} web -n shopcopy`),
    ]);
    expect(await rowsOf(page, "[aria-label=Numbers]")).to.deep.equal([
      "version | requests | failed | over 100 ms | over 250 ms | over 500 ms",
      "stable | 13,320 | 53 (0.40 %) | 400 (3.00 %) | 280 (2.10 %) | 160 (1.20 %)",
      "canary | 1,880 | 12 (0.64 %) | 60 (3.19 %) | 40 (2.13 %) | 20 (1.06 %)",
    ]);
    expect(await page.locator("[aria-label=Routes]").first().innerText()).to.contain(
      "httproute/web -n shop · Traefik · canary 25 %",
    );
    expect((await rowsOf(page, "section[aria-label=Pods]"))[1]).to.equal(
      "web-6d4cf56db6-bk9q0 | canary | ✔ Running | 0 | 1m15s | node-0",
    );
    expect(await page.locator("section[aria-label=Events]").innerText()).to.contain("CanaryStep");
    expect(complaints).to.deep.equal([]);
  });

  it("tells until when a rollout ran that was rolled back, and counts as the list does", async () => {
    const { page } = await openPage(browser, `${server.url}#/pay/ledger`);
    await page.getByText("09:57:00–11:59:55 (2h2m)").waitFor();
  });

  it("draws four diagrams, with the same numbers as sentences and tables", async () => {
    const { page } = await openPage(browser, `${server.url}#/shop/web`);
    await page.locator("canvas").nth(3).waitFor();
    const captions = await page.locator("figcaption").allInnerTexts();
    expect(captions.map((text) => text.replaceAll(/\s*\n\s*/g, " | "))).to.deep.equal([
      "Failed requests, % so far",
      "Slower than | 100 ms | 250 ms | 500 ms | , % so far",
      "Evidence, ln of the odds",
      "Traffic of the canary, % and requests/s",
    ]);
    expect(await page.locator(".plot").nth(2).getAttribute("aria-label")).to.match(
      /^Evidence at 12:00:00 UTC, ln of the odds: harm -0\.\d+, limit of harm 4\.61, safe 1\.8, limit of safe 3$/,
    );
    await page.getByRole("combobox", { name: "slower than" }).selectOption({ label: "100 ms" });
    await page.getByRole("img", { name: "Slower than 100 ms" }).waitFor();
    await page.locator("figure summary").first().click();
    await page.locator("figure table").waitFor();
    const rows = await rowsOf(page, "figure");
    expect(rows).to.have.length(81);
    expect(rows[0]).to.equal("UTC | allowed | stable | canary");
    expect(rows[1]).to.match(/^12:00:00 \| 0\.\d+ \| 0\.\d+ \| 0\.\d+$/);
    // The canvas is not empty: it has pixels of the canary's colour.
    const inks = await page
      .locator("canvas")
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data = new Uint8ClampedArray() } =
          canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
        return new Set(new Uint32Array(data.buffer)).size;
      });
    expect(inks).to.be.above(10);
  });

  it("shows a rollout that ended from its record, and each revision of the history", async () => {
    const { page } = await openPage(browser, `${server.url}#/infra/dns`);
    await page.getByText("✔ promoted").first().waitFor();
    const verdict = await page.locator(".verdict").innerText();
    expect(verdict).to.contain("revision 8, 2026-01-01 09:30:00 to 2026-01-01 11:59:55 (2h29m)");
    expect(verdict).to.contain("promote ✔");
    await page.locator("canvas").nth(3).waitFor();
    await page.goto(`${server.url}#/infra/dns/6`);
    await page.getByText("Revision 6 has no record").waitFor();
    await page.getByRole("link", { name: "8", exact: true }).click();
    await page.getByText("✔ promoted").first().waitFor();
    expect(page.url()).to.match(/#\/infra\/dns\/8$/);
  });

  it("asks again soon for the charts of a rollout that ended, if the server could not answer", async () => {
    const { page } = await openPage(browser, server.url);
    let asked = 0;
    await page.route("**/charts?*", (route) => {
      asked += 1;
      const error = JSON.stringify({ error: "no answer of Prometheus" });
      return asked > 1 ? route.fallback() : route.fulfill({ status: 503, body: error });
    });
    await page.goto(`${server.url}#/infra/dns`);
    await page.getByText("no answer of Prometheus").waitFor();
    await page.locator("canvas").nth(3).waitFor();
    await page.getByText("no answer of Prometheus").waitFor({ state: "detached" });
  });

  it("copies a command, and selects it where the browser has no clipboard", async () => {
    const opened = await openPage(browser, `${server.url}#/shop/checkout`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const button = opened.page.getByRole("button", { name: "copy kubectl serin abort checkout -n shop" });
    await button.click();
    await opened.page.getByText("copied").waitFor();
    const copied = await opened.page.evaluate(() => navigator.clipboard.readText());
    expect(copied).to.equal("kubectl serin abort checkout -n shop");
    const { page } = await openPage(browser, `${server.url}#/shop/checkout`);
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await page.getByRole("button", { name: "copy kubectl serin abort checkout -n shop" }).click();
    await page.getByText("selected: press Ctrl+C").waitFor();
    expect(await page.evaluate(() => `${getSelection()}`)).to.equal("kubectl serin abort checkout -n shop");
  });

  it("says what the server refuses, and what is not there", async () => {
    const { page } = await openPage(browser, `${server.url}#/shop/nobody`);
    await page.getByText("deployment shop/nobody is not there, or not opted in").waitFor();
  });

  it("shows what Serin has changed as a diff", async () => {
    const { page } = await openPage(browser, `${server.url}#/shop/web`);
    await page.getByText("deployment/web -n shop: changed while in flight").click();
    expect((await page.locator("pre").innerText()).trimEnd().split("\n")).to.deep.equal([
      "- minReadySeconds: 0",
      "+ minReadySeconds: 2147483645",
      "  strategy:",
      "    type: RollingUpdate",
    ]);
  });
});
