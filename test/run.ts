/**
 * `npm test`: the tests of Contour in one cluster, all others in another, at the same time, because one after the other
 * they would take an hour. Arguments go to mocha; who selects tests gets one cluster. What is said of Contour is printed when the
 * others are through.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const root = join(import.meta.dirname, "..");
const mocha = [join(root, "test/cluster/enter.ts"), join(root, "node_modules/mocha/bin/mocha.js")];
const args = process.argv.slice(2);
const selects = args.some((arg) => /^(-[gf]$|--f?grep)/.test(arg) || arg.endsWith(".test.ts"));
const children: ChildProcess[] = [];
// Ctrl-C reaches the children as well; they end in their own time.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });

process.exit(selects ? await run(args) : await runBoth());

async function runBoth(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "serin-test-"));
  const path = join(dir, "contour.log");
  const log = openSync(path, "w");
  const contour = run([...args, "--grep", "on contour"], log);
  const others = await run([...args, "--grep", "on contour", "--invert"]);
  const status = await contour;
  await pipeline(createReadStream(path), process.stdout, { end: false });
  rmSync(dir, { recursive: true });
  return others || status;
}

async function run(selection: readonly string[], log: number | "inherit" = "inherit"): Promise<number> {
  const child = spawn(process.execPath, [...mocha, ...selection], {
    cwd: root,
    stdio: ["inherit", log, log],
  });
  children.push(child);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}
