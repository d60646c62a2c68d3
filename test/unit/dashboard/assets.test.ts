import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { buildPage } from "../../../release/page.ts";

const assets = join(import.meta.dirname, "../../../dashboard/assets");

describe("dashboard/assets", () => {
  it("has what `npm run page` makes of dashboard/page, and nothing else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "serin-page-"));
    try {
      await buildPage(folder);
      expect(readdirSync(assets)).to.have.members(readdirSync(folder));
      const differing = readdirSync(folder).filter(
        (name) => !readFileSync(join(folder, name)).equals(readFileSync(join(assets, name))),
      );
      expect(differing).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is small: 45 kB of script over the network, and 8 kB of styles", () => {
    expect(gzipSync(readFileSync(join(assets, "app.js"))).length).to.be.below(45_000);
    expect(readFileSync(join(assets, "app.css")).length).to.be.below(8_000);
  });

  it("has no address that begins at the root, and no script or style in the page itself", () => {
    const page = readFileSync(join(assets, "index.html"), "utf8");
    const addresses = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1]);
    expect(addresses.filter((address) => !address?.startsWith("data:"))).to.deep.equal(["app.css", "app.js"]);
    expect(page).to.not.match(/<style|style=|\son\w+=|<script(?![^>]* src=)/);
  });
});
