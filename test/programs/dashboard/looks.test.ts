import axe from "axe-core";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import type { RolloutDetail } from "../../../dashboard/api.ts";
import { openPage, startBrowser } from "../../support/page/browser.ts";
import { type PageServer, servePage } from "../../support/page/page-server.ts";
import { aScene } from "../../support/page/scene.ts";

/** The places, and whether they are looked at in both themes and sizes. */
const places = {
  list: { place: "", all: true },
  "a rollout": { place: "#/shop/web", all: true },
  "a rollout that ended": { place: "#/infra/dns", all: false },
  "what ended": { place: "#/ended", all: false },
};

describe("the looks of the dashboard's page", function () {
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

  for (const place of ["", "#/ended"])
    it(`has the same columns in all rows at 720, 800 and 1280 px: ${place || "the list"}`, async () => {
      const { page } = await openPage(browser, server.url + place);
      await settle(page, place);
      for (const width of [720, 800, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        const edges = await page
          .locator("table.list tr:not(.wanted)")
          .evaluateAll((rows) =>
            rows.map((row) => [...row.children].map((cell) => cell.getBoundingClientRect().left).join(" ")),
          );
        expect(edges.length).to.be.above(2);
        expect(new Set(edges), `${width} px`).to.have.property("size", 1);
      }
    });

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
  this.timeout(120_000);
  const EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
  /** What is no text of a tenant: the page reads times, numbers and words of Serin in these fields. */
  const ofSerin = /^(at|since|started|ended|created|state|outcome|strategy|kind|version|verb|type|revision)$/;

  /** The answer with markup behind every text that it has. */
  function marked<T>(value: T, field = ""): T {
    if (typeof value === "string") return (ofSerin.test(field) ? value : value + EVIL) as T;
    if (Array.isArray(value)) return value.map((one) => marked(one, field)) as T;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, marked(one, key)])) as T;
  }

  it("are texts in every field, and run nothing", async () => {
    const scene = aScene();
    const plain = (text: string) => text.replace(EVIL, "");
    const browser = await startBrowser();
    const server = await servePage({
      ...marked({ list: scene.list, all: scene.all, ended: scene.ended }),
      detail: (namespace, name) =>
        marked({ ...scene.detail(plain(namespace), plain(name)), missing: ["not read"] } as RolloutDetail),
      charts: (...of) => ({ ...scene.charts(...of), says: EVIL }),
    });
    try {
      const { page, complaints } = await openPage(browser, server.url);
      await page.getByText("● live").waitFor();
      for (const cell of ["th a", "[data-label=namespace]", ".wanted"])
        expect(await page.locator(`tbody ${cell}`).first().innerText()).to.contain(EVIL);
      await page.getByRole("link", { name: "web" }).click();
      await page.locator("canvas").nth(3).waitFor();
      for (const summary of await page.locator("summary").all()) await summary.click();
      for (const part of [
        "Verdict",
        "Commands",
        "Charts",
        "Routes",
        "Pods",
        "Events",
        "History",
        "Changed by Serin",
      ])
        expect(await page.locator(`[aria-label="${part}"]`).innerText(), part).to.contain(EVIL);
      expect(await page.locator("h2").innerText()).to.contain(EVIL);
      expect(await page.locator("h1").innerText()).to.contain(EVIL);
      expect(await page.locator(".failure").first().innerText()).to.equal(`not read${EVIL}`);
      await page.goto(`${server.url}#/ended`);
      await page.getByText("promoted").first().waitFor();
      expect(await page.locator("tbody").first().innerText()).to.contain(EVIL);
      expect(await page.locator("img, #page script").count()).to.equal(0);
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
