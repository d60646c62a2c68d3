/**
 * `npm test`: the tests of Contour in one cluster, all others in another, at the same time, because one after the other
 * they would take an hour. Arguments go to mocha; who selects tests (`--grep`, files) gets one cluster. What is said of
 * Contour is printed when the others are through. At the end the rights that Serin made use of in all of them are compared with those that it is given.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { RIGHTS_FILE } from "./cluster/rights.ts";
import { compareRights } from "./rights.ts";

const root = join(import.meta.dirname, "..");
const mocha = [join(root, "test/cluster/enter.ts"), join(root, "node_modules/mocha/bin/mocha.js")];
const args = process.argv.slice(2);
const names = args.some((arg) => arg.endsWith(".test.ts"));
const selects = names || args.some((arg) => /^(-[gf]$|--f?grep)/.test(arg));
// Mocha adds the files that are named to those of its configuration.
const configuration = names ? ["--no-config", "--extension", "ts", "--timeout", "10000"] : [];
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
  const rights = join(dir, "rights");
  process.env[RIGHTS_FILE] = rights;
  const contour = run([...args, "--grep", "on contour"], log);
  const others = await run([...args, "--grep", "on contour", "--invert"]);
  const status = await contour;
  await pipeline(createReadStream(path), process.stdout, { end: false });
  const fits = compareRights(rights, args);
  rmSync(dir, { recursive: true });
  return others || status || (fits ? 0 : 1);
}

async function run(selection: readonly string[], log: number | "inherit" = "inherit"): Promise<number> {
  const child = spawn(process.execPath, [...mocha, ...configuration, ...selection], {
    cwd: root,
    stdio: ["inherit", log, log],
  });
  children.push(child);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}
