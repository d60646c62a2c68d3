import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { FIRST, fillQueue, takeNext } from "../queue.ts";

const root = join(import.meta.dirname, "../..");

describe("the queue of test files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "serin-queue-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives every file once, the longest first, and then none", () => {
    const files = ["test/cluster/rights.test.ts", "test/stories/track.test.ts", "test/stories/asked.test.ts"];
    fillQueue(folder, files);
    const taken = Array.from({ length: 4 }, () => takeNext(folder));
    expect(taken).to.deep.equal([files[1], files[0], files[2], undefined]);
  });

  it("begins with every file that ends its cluster", () => {
    const files = globSync("test/{cluster,stories}/**/*.test.ts", { cwd: root });
    const ending = files.filter((file) =>
      /^(onEnvoyGateway|describeClusterWith)\(/m.test(readFileSync(join(root, file), "utf8")),
    );
    expect(ending).to.not.have.length(0);
    fillQueue(folder, files);
    expect(ending.map(() => takeNext(folder))).to.have.members(ending);
  });

  it("names no file that is gone", () => {
    const files = globSync("test/{cluster,stories}/**/*.test.ts", { cwd: root });
    expect(FIRST.filter((file) => !files.includes(file))).to.deep.equal([]);
  });
});
