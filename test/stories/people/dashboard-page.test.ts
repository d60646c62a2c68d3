import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as timer } from "node:timers/promises";
import { expect } from "chai";
import type { Browser, Locator, Page } from "playwright-core";
import { describeCluster } from "../../cluster/fixture.ts";
import { findTools } from "../../cluster/tools.ts";
import { complaintsOf, rowsOf, startBrowser } from "../../support/page/browser.ts";
import { Shop } from "../shop.ts";
import { InstalledDashboard } from "./install-dashboard.ts";
import { Wire } from "./wire.ts";

/** How long the stream is cut: longer than the longest pause between two attempts of the page. */
const CUT_MS = 30_000;
const MARKUP = '<img src=x onerror="alert(1)">';

// The page reads the dashboard's server alone, so one gateway is enough.
describeCluster("the dashboard's page", function () {
  this.timeout(240_000);
  let shop: Shop;
  /** Another namespace, with a rollout that waits at its first step. */
  let other: Shop;
  let dashboard: InstalledDashboard;
  let wire: Wire;
  let browser: Browser;
  /** What the pages complained about: errors of scripts, refusals by the policy, and dialogs. */
  const complaints: (readonly string[])[] = [];
  before(async () => {
    [shop, browser] = await Promise.all([Shop.open("page"), startBrowser()]);
    other = await Shop.open("page-other");
    const proxy = [
      "--user-header=X-Forwarded-User",
      "--groups-header=X-Forwarded-Groups",
      "--trust-proxy-cidr=0.0.0.0/0",
    ];
    [dashboard] = await Promise.all([
      InstalledDashboard.install(shop.cluster, proxy),
      // The latency has a tail at every speed of the machine: a bound that no request exceeds has no diagram.
      shop.deploy({ image: "app:v1-spread40", plan: { "serin.dev/steps": "20, 50" }, interval: "5s" }),
      other.deploy({ replicas: 2 }),
    ]);
    wire = new Wire(await dashboard.url());
    await wire.mend();
    shop.load(500);
  });
  after(async () => {
    await browser?.close();
    wire?.cut();
    await dashboard?.remove();
    await Promise.all([shop?.close(), other?.close()]);
  });
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
    expect(complaints.flat()).to.deep.equal([]);
  });

  /** Opens the page as a user whom the proxy in front of it names. */
  async function open(place = "", user = "admin", groups = "system:masters", url = wire.url): Promise<Page> {
    const headers = { "x-forwarded-user": user, "x-forwarded-groups": groups };
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      extraHTTPHeaders: headers,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    complaints.push(complaintsOf(page));
    await page.goto(`${url}/${place}`);
    await page.getByText("● live").waitFor();
    return page;
  }

  /** The row of a shop's rollout, once it says this. */
  const row = (page: Page, of: Shop, ...texts: readonly string[]): Locator =>
    [of.namespace, ...texts].reduce(
      (rows, hasText) => rows.filter({ hasText }),
      page.locator("table.list tbody"),
    );
  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);

  it("shows a good rollout from its first row to its record, with the curves replayed", async () => {
    const [list, page] = [await open(), await open(`#/${shop.namespace}/web`)];
    expect(await list.locator("tbody").count()).to.equal(0);
    await update("v2-spread40");
    for (const text of ["20 %", "50 %"]) await row(list, shop, "progressing", text).waitFor();
    await page.locator("p.state").filter({ hasText: "◑ progressing 2/2" }).waitFor();
    await page.locator("canvas").nth(3).waitFor();
    expect(await page.locator("[aria-label=Commands]").innerText()).to.contain(
      `kubectl serin promote web -n ${shop.namespace}`,
    );
    expect(await page.locator("section[aria-label=Pods]").innerText()).to.contain("stable 5/5");
    await row(list, shop).waitFor({ state: "detached" });
    await page.getByText("✔ promoted").first().waitFor();
    await list.getByRole("link", { name: "Ended" }).click();
    await row(list, shop, "promoted").getByRole("link", { name: "web" }).click();
    await list.locator("canvas").nth(3).waitFor();
    expect(list.url()).to.match(/web\/2$/);
    const evidence = list.locator("figure").filter({ hasText: "Evidence" });
    await evidence.locator("summary").click();
    await evidence.locator("table").waitFor();
    const ended = shop.record("v2-spread40")?.evidence?.at ?? 0;
    const rows = await rowsOf(list, "figure:has-text('Evidence')");
    expect(rows[1]?.split(" | ")[0]).to.equal(new Date(ended).toISOString().slice(11, 19));
  });

  it("shows a bad rollout that is rolled back while the stream is cut for 30 s", async () => {
    const [list, page] = [await open(), await open(`#/${shop.namespace}/web`)];
    await update("v3-err30-spread40");
    await row(list, shop).waitFor();
    wire.cut();
    const since = Date.now();
    await list.getByText(/○ reconnecting since .*: the server/).waitFor();
    // The rows stay as they were.
    expect(await row(list, shop).count()).to.equal(1);
    await shop.until("the verdict", () => shop.record("v3-err30-spread40")?.outcome === "failed");
    await timer(Math.max(0, since + CUT_MS - Date.now()));
    expect(await row(list, shop, "rolled back").count()).to.equal(0);
    await wire.mend();
    await row(list, shop, "✖ rolled back", `kubectl serin undo web -n ${shop.namespace}`).waitFor();
    await list.getByText("● live").waitFor();
    expect(await list.locator(".summary").innerText()).to.contain("✖ 1 rolled back");
    await page.locator(".verdict.rolled-back").getByText("worse than allowed").waitFor();
    await page.locator("canvas").nth(3).waitFor();
    await page.locator("section[aria-label=Events]").getByText("RolledBack").first().waitFor();
  });

  it("shows two users different namespaces, and markup of tenants as text", async () => {
    await shop.run("create", "rolebinding", "viewer", "--clusterrole=view", "--user=jane");
    await other.run("create", "rolebinding", "viewer", "--clusterrole=view", "--user=joe");
    const spec = { template: { spec: { containers: [{ name: "extra", image: MARKUP }] } } };
    const patch = JSON.stringify({ spec });
    await other.run("patch", "deployment/web", `--as=${MARKUP}`, "--as-group=system:masters", "-p", patch);
    const [jane, joe] = [await open("", "jane", ""), await open("", "joe", "")];
    await row(jane, shop, "rolled back").waitFor();
    await row(joe, other).waitFor();
    for (const [page, own, foreign] of [
      [jane, shop, other],
      [joe, other, shop],
    ] as const) {
      expect(await page.locator("tbody").count()).to.equal(1);
      expect(await page.getByLabel("namespace").locator("option").allInnerTexts()).to.deep.equal([
        "all",
        own.namespace,
      ]);
      await page.goto(`${wire.url}/#/${foreign.namespace}/web`);
      await page
        .getByText(`no opted-in Deployment ${foreign.namespace}/web, or you may not see it`)
        .waitFor();
    }
    await joe.goto(`${wire.url}/#/${other.namespace}/web`);
    await joe.locator(".verdict").waitFor();
    expect(await joe.locator(".verdict").innerText()).to.contain(`new → ${MARKUP}`);
    expect(await joe.locator("section[aria-label=History]").innerText()).to.contain(MARKUP);
    expect(await joe.locator(".verdict").innerText()).to.contain(`asked by ${MARKUP}`);
    expect(await joe.locator("img").count()).to.equal(0);
  });

  const ways = {
    "kubectl proxy": {
      line: ["proxy", "--port=0"],
      path: "/api/v1/namespaces/serin-system/services/http:serin-dashboard:80/proxy",
    },
    "kubectl port-forward": {
      line: ["port-forward", "--namespace=serin-system", "service/serin-dashboard", ":80"],
      path: "",
    },
  };
  for (const [way, { line, path }] of Object.entries(ways))
    it(`works behind ${way}`, async () => {
      const { kubeconfig, dir } = shop.cluster;
      const tunnel = spawn(findTools().program("kubectl"), line, {
        // kubectl keeps what it discovers in its user's home.
        env: { KUBECONFIG: kubeconfig, HOME: dir, PATH: "/usr/bin:/bin" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const [said] = (await once(tunnel.stdout, "data")) as [Buffer];
        const at = /127\.0\.0\.1:\d+/.exec(String(said))?.[0];
        const page = await open("", "admin", "system:masters", `http://${at}${path}`);
        await row(page, shop, "rolled back").getByRole("link", { name: "web" }).click();
        await page.locator("canvas").nth(3).waitFor();
        await page.getByRole("link", { name: "Ended" }).click();
        await row(page, shop, "promoted").waitFor();
      } finally {
        tunnel.kill();
      }
    });
});
