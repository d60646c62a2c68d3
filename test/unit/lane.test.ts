import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "chai";
import { fillQueue } from "../queue.ts";

const root = join(import.meta.dirname, "../..");

describe("a lane of the tests", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "serin-lane-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("fails a test during which a promise is rejected that nothing waits for", () => {
    const file = join(folder, "late.mjs");
    writeFileSync(
      file,
      `it("leaves a promise", async () => {
        Promise.reject(new Error("too late"));
        await new Promise((resolve) => setTimeout(resolve, 10));
      });`,
    );
    const queue = mkdtempSync(join(folder, "queue-"));
    fillQueue(queue, [relative(root, file)]);
    const lane = spawnSync(process.execPath, ["test/lane.ts", queue], { cwd: root, encoding: "utf8" });
    expect(lane.stdout).to.include("too late");
    expect(lane.status).to.equal(1);
  });
});
