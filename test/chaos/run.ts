/**
 * `npm run chaos [-- NAME…]`: runs every file of this folder, or those whose paths contain one of the names, each in a
 * cluster of its own, two at a time. The model runs next to them, because it only calculates. Files that load the whole
 * machine run last, alone. The output of a file is printed when it ends; the last line is the sum. The status is 1 if
 * anything failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** The files to start first: one lane waits through the outage while the other runs the most demanding files. */
const FIRST = ["api-outage", "gitops", "soak", "kill.chaos"];
/** Files that run next to all others, at the lowest priority. */
const BACKGROUND = ["model.chaos"];
/** Files that run last, one at a time. */
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
const [background, rest] = split(files, among(BACKGROUND));
const [alone, waiting] = split(rest, among(ALONE));
waiting.sort((a, b) => rank(a) - rank(b));
const dir = mkdtempSync(join(tmpdir(), "serin-chaos-"));
const counts = join(dir, "counts");
writeFileSync(counts, "");
let failed = files.length === 0;

await Promise.all([...background.map(run), ...Array.from({ length: LANES }, () => drain(waiting))]);
await drain(alone);
const sum = { passes: 0, failures: 0, pending: 0 };
for (const line of readFileSync(counts, "utf8").split("\n").filter(Boolean)) {
  const each = JSON.parse(line);
  for (const key of ["passes", "failures", "pending"] as const) sum[key] += each[key];
}
rmSync(dir, { recursive: true });
console.log(`${sum.passes} passed, ${sum.failures} failed${sum.pending ? `, ${sum.pending} skipped` : ""}`);
process.exit(failed || sum.failures > 0 ? 1 : 0);

/** The elements for which `holds` is true, and the others. */
function split<T>(all: readonly T[], holds: (each: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((each) => !holds(each))];
}

/** Runs the files of a queue, one after the other. */
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
