import axe from "axe-core";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { openPage, startBrowser } from "../../support/page/browser.ts";
import type { FlightParts } from "../../support/page/flights.ts";
import { type PageServer, servePage } from "../../support/page/page-server.ts";
import { aScene, flights } from "../../support/page/scene.ts";

/** The places, and whether they are looked at in both themes and sizes. */
const places = {
  list: { place: "", all: true },
  "a rollout": { place: "#/shop/web", all: true },
  "a rollout that ended": { place: "#/infra/dns", all: false },
  "what ended": { place: "#/ended", all: false },
};

describe("the looks of the dashboard's page", function () {
  this.timeout(60_000);
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

  /** Waits until the place is complete. */
  async function settle(page: Page, place: string): Promise<void> {
    await page.getByText("● live").waitFor();
    await page
      .locator(place.includes("/shop/") || place.includes("/infra/") ? "canvas >> nth=3" : "table.list")
      .waitFor();
  }

  for (const [what, { place, all }] of Object.entries(places))
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [360, 1280]) {
        if (!all && (colorScheme === "light" || width > 360)) continue;
        it(`has no fault that axe finds: ${what}, ${colorScheme}, ${width} px`, async () => {
          // axe comes as a script of the test, which the page's own policy would refuse.
          const { page } = await openPage(browser, server.url + place, {
            colorScheme,
            width,
            bypassCSP: true,
          });
          await settle(page, place);
          for (const part of place.includes("web") ? ["figure", "[aria-label='Changed by Serin']"] : [])
            await page.locator(`${part} summary`).first().click();
          await page.addScriptTag({ content: axe.source });
          const faults = await page.evaluate(async () => {
            const { axe } = window as unknown as { axe: { run(): Promise<{ violations: AxeFault[] }> } };
            const { violations } = await axe.run();
            return violations.map(
              ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`,
            );
          });
          expect(faults).to.deep.equal([]);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(overflow).to.be.at.most(0);
        });
      }

  it("changes the theme three ways, and keeps the choice", async () => {
    const { page } = await openPage(browser, server.url, { colorScheme: "light" });
    await page.getByText("● live").waitFor();
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const changesTo = async (theme: string) => {
      await page.keyboard.press("t");
      await page.getByRole("button", { name: `theme: ${theme}` }).waitFor();
    };
    const white = await paper();
    await changesTo("light");
    await changesTo("dark");
    const black = await paper();
    expect(black).to.not.equal(white);
    await page.reload();
    await page.getByText("● live").waitFor();
    expect(await paper()).to.equal(black);
    await changesTo("system");
    expect(await paper()).to.equal(white);
  });

  it("prints in light colours and without what only a screen needs", async () => {
    const { page } = await openPage(browser, `${server.url}#/shop/web`, { colorScheme: "dark" });
    await settle(page, "#/shop/web");
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("button", { name: "theme" }).isVisible()).to.equal(false);
    expect(await page.locator(".verdict").isVisible()).to.equal(true);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).to.equal(
      "rgb(255, 255, 255)",
    );
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect((await page.pdf()).length).to.be.above(10_000);
  });
});

interface AxeFault {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe("tenants' texts on the dashboard's page", function () {
  this.timeout(30_000);
  const EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
  const evil: readonly FlightParts[] = flights.map((parts) => ({
    ...parts,
    name: `${parts.name}${EVIL}`,
    namespace: `${parts.namespace}${EVIL}`,
    says: EVIL,
    image: EVIL,
    user: EVIL,
  }));

  it("are texts in every field, and run nothing", async () => {
    const browser = await startBrowser();
    const server = await servePage(aScene(evil));
    try {
      const { page, complaints } = await openPage(browser, server.url);
      await page.getByText("● live").waitFor();
      for (const link of await page.locator("tbody th a").all())
        expect(await link.innerText()).to.contain(EVIL);
      expect(await page.locator("img, main script").count()).to.equal(0);
      await page.locator("tbody th a").first().click();
      await page.locator("canvas").nth(3).waitFor();
      expect(await page.locator(".verdict .says").innerText()).to.equal(EVIL);
      expect(await page.locator("section[aria-label=History]").innerText()).to.contain(EVIL);
      expect(await page.locator("img, article script").count()).to.equal(0);
      expect(complaints).to.deep.equal([]);
    } finally {
      await browser.close();
      server.close();
    }
  });

  it("are kept apart from the page's address: a policy forbids every script of another place", async () => {
    const browser = await startBrowser();
    const server = await servePage(aScene());
    try {
      const { page, complaints } = await openPage(browser, server.url);
      await page.getByText("● live").waitFor();
      await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "document.title = 'taken'";
        document.body.append(script);
        document.body.setAttribute("style", "color: red");
      });
      expect(await page.title()).to.not.equal("taken");
      expect(complaints.filter((text) => text.includes("Content Security Policy"))).to.have.length(2);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
