import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fillQueue, takeNext } from "../queue.ts";

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
});
