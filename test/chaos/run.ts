/**
 * `npm run chaos [-- NAME…]`: every file of this folder (or those whose names contain one of these), each in a cluster of its
 * own, two at a time, beside the model, which only calculates; those that measure what the whole machine can do come last,
 * alone. What a file says is printed when it is through; the last line is the sum. Status 1 when anything failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** One lane waits through the outage while the other does what asks most of the machine; then the longest. */
const FIRST = ["api-outage", "gitops", "soak", "kill.chaos"];
/** Calculates at the lowest priority. */
const BESIDE = ["model.chaos"];
const ALONE = ["attack.chaos", "loss", "webhook-killed"];
const LANES = 2;

const root = join(import.meta.dirname, "../..");
const names = process.argv.slice(2);
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".chaos.ts"))
  .filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
const rank = (file: string) => {
  const found = FIRST.findIndex((name) => basename(file).startsWith(name));
  return found < 0 ? FIRST.length : found;
};
const among = (names: readonly string[]) => (file: string) =>
  names.some((name) => basename(file).startsWith(name));
const [beside, rest] = split(files, among(BESIDE));
const [alone, waiting] = split(rest, among(ALONE));
waiting.sort((a, b) => rank(a) - rank(b));
const dir = mkdtempSync(join(tmpdir(), "serin-chaos-"));
const counts = join(dir, "counts");
writeFileSync(counts, "");
let failed = files.length === 0;

await Promise.all([...beside.map(run), ...Array.from({ length: LANES }, () => drain(waiting))]);
await drain(alone);
const sum = { passes: 0, failures: 0, pending: 0 };
for (const line of readFileSync(counts, "utf8").split("\n").filter(Boolean)) {
  const each = JSON.parse(line);
  for (const key of ["passes", "failures", "pending"] as const) sum[key] += each[key];
}
rmSync(dir, { recursive: true });
console.log(`${sum.passes} passed, ${sum.failures} failed${sum.pending ? `, ${sum.pending} skipped` : ""}`);
process.exit(failed || sum.failures > 0 ? 1 : 0);

/** Those for which it holds, and the others. */
function split<T>(all: readonly T[], holds: (each: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((each) => !holds(each))];
}

/** Runs files, one after the other, until none is left. */
async function drain(queue: string[]): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await run(file);
}

async function run(file: string): Promise<void> {
  const started = performance.now();
  const path = join(dir, `${basename(file)}.log`);
  const log = openSync(path, "w");
  const mocha = ["node_modules/mocha/bin/mocha.js", "--no-config", "--extension", "ts", "--timeout", "10000"];
  const reporter = ["--reporter", ".ci/reporter.ts", "--reporter-option", `counts=${counts}`];
  const args = ["test/cluster/enter.ts", ...mocha, ...reporter, join("test/chaos", file)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", log, log] });
  const [code] = await once(child, "exit");
  failed ||= code !== 0;
  const seconds = Math.round((performance.now() - started) / 1_000);
  console.log(`${file}, ${seconds} s${code === 0 ? "" : ", FAILED"}\n${readFileSync(path, "utf8")}`);
}
