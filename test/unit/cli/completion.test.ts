import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { allCommands } from "../../../cli/commands/registry.ts";
import { shells } from "../../../cli/completion/scripts.ts";
import { runLine } from "../../../cli/frame/run.ts";
import { FakeClock } from "../../support/clock.ts";
import { kept } from "./frame/streams.ts";

const commands = await allCommands();

describe("kubectl serin completion", () => {
  let dir: string;
  let bin: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "serin-completion-"));
    bin = join(dir, "bin");
    mkdirSync(bin);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const place = (path: string) => ({ isTty: false, environment: { PATH: path }, platform: "linux" });
  async function run(...args: string[]) {
    const streams = kept();
    const line = ["completion", ...args];
    const own = { program: "kubectl serin", line, streams, clock: new FakeClock(), version: "1" };
    const code = await runLine(commands, { ...own, place: place(`/nowhere:${bin}`) });
    return { code, ...streams.written };
  }

  for (const shell of shells)
    it(`prints a script for ${shell} that asks the program itself`, async () => {
      const { code, out } = await run(shell);
      expect(code).to.equal(0);
      expect(out).to.include("__complete").and.include(`To load it: `).and.include("kubectl-serin");
    });

  it("writes the program that kubectl asks beside the plugin, once", async () => {
    writeFileSync(join(bin, "kubectl-serin"), "");
    const path = join(bin, "kubectl_complete-serin");
    expect(await run("--install")).to.deep.include({ code: 0, out: `${path} was written\n` });
    expect(readFileSync(path, "utf8")).to.equal('#!/bin/sh\nexec kubectl-serin __complete "$@"\n');
    expect(statSync(path).mode & 0o111).to.equal(0o111);
    expect(await run("--install")).to.deep.include({ code: 0, out: `${path} was there already\n` });
  });

  it("leaves the program of the npm package alone, to which a link leads", async () => {
    const own = join(dir, "of-npm");
    writeFileSync(own, "npm");
    writeFileSync(join(bin, "kubectl-serin"), "");
    symlinkSync(own, join(bin, "kubectl_complete-serin"));
    expect((await run("--install")).out).to.include("was there already");
    expect(readFileSync(own, "utf8")).to.equal("npm");
  });

  it("says what is wrong", async () => {
    expect(await run("--install")).to.deep.equal({
      code: 1,
      out: "",
      error:
        "error: kubectl-serin is not on the PATH, where kubectl looks for plugins and their completion\n",
    });
    for (const wrong of [[], ["tcsh"], ["bash", "zsh"], ["bash", "--install"]])
      expect(await run(...wrong), wrong.join(" ")).to.deep.equal({
        code: 1,
        out: "",
        error: "error: use one of bash, zsh, fish, powershell, or --install alone\n",
      });
  });
});
