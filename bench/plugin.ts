/**
 * `npm run bench:plugin -- KUBECTL`: how long `kubectl serin version` takes to start beside `kubectl version --client`, as
 * the bundle and from this repository; median of five runs each, in turn, in ms.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPlugin } from "../release/plugin.ts";
import { median } from "./statistics.ts";

const RUNS = 5;
const kubectl = process.argv[2] ?? "kubectl";
const folder = mkdtempSync(join(tmpdir(), "serin-plugin-"));
await buildPlugin(folder);
const lines: Readonly<Record<string, readonly string[]>> = {
  "kubectl version --client": [kubectl, "version", "--client"],
  "kubectl-serin version": [join(folder, "kubectl-serin"), "version"],
  "kubectl-serin promote --help": [join(folder, "kubectl-serin"), "promote", "--help"],
  "node cli/main.ts version": [process.execPath, join(import.meta.dirname, "../cli/main.ts"), "version"],
};
const taken: Record<string, number[]> = {};
for (let run = 0; run <= RUNS; run += 1) {
  for (const [name, [program = "", ...args]] of Object.entries(lines)) {
    const begin = performance.now();
    const { status, error } = spawnSync(program, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`${name}: exit ${status}`, { cause: error });
    // The first run fills the caches of files and of compiled code.
    if (run > 0) taken[name] = [...(taken[name] ?? []), performance.now() - begin];
  }
}
for (const [name, all] of Object.entries(taken))
  process.stdout.write(`${Math.round(median(all))} ms  ${name}\n`);
rmSync(folder, { recursive: true });
