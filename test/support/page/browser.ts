import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { NOON } from "../builders.ts";

/** Starts Chromium; throws if `npm run setup -- chromium` has not run. */
export async function startBrowser(): Promise<Browser> {
  const link = join(import.meta.dirname, "../../../node_modules/.cache/serin-tools/chromium/chromium");
  if (!existsSync(link)) throw new Error("Chromium is missing: run npm run setup -- chromium");
  // The tests run as root, where Chromium's sandbox cannot.
  return chromium.launch({ executablePath: realpathSync(link), args: ["--no-sandbox", "--disable-gpu"] });
}

/** A page in the browser, and everything that it complained about. */
export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, refusals by the policy, and dialogs. */
  readonly complaints: readonly string[];
}

/** Opens the address at noon by the page's clock, in a context of its own, after what the caller does `before`. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1280, ...options }: BrowserContextOptions & { readonly width?: number } = {},
  before?: (page: Page) => Promise<unknown>,
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOON);
  const complaints = complaintsOf(page);
  await before?.(page);
  await page.goto(url);
  return { page, complaints };
}

/** What the page complains about from now on; the array grows. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    // A cut stream is a failed request, which the page says itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  return complaints;
}

/** The texts of the cells, a line for each row of the table, as a reader sees them. */
export function rowsOf(page: Page, selector: string): Promise<readonly string[]> {
  return page
    .locator(`${selector} tr`)
    .evaluateAll((rows) =>
      rows.map((row) =>
        [...row.children].map((cell) => (cell.textContent ?? "").replaceAll(/\s+/g, " ").trim()).join(" | "),
      ),
    );
}
