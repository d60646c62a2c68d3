import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const main = join(import.meta.dirname, "../../../cli/judge.ts");

/** Runs `npm run judge`; `input` is its standard input. */
export function judge(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** What it prints for a request on standard input; fails when it complains. */
export function judged(request: object): Record<string, (number | null)[]> {
  const { status, stdout, stderr } = judge(["-"], JSON.stringify(request));
  expect(stderr).to.equal("");
  expect(status).to.equal(0);
  return JSON.parse(stdout);
}
