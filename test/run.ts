/**
 * `npm test`: runs the tests without a cluster, then the stories in three clusters at a time, which take the files from one
 * queue; in one cluster they would take an hour. Arguments go to mocha; a selection (`--grep`, files) gets one cluster. The
 * output of the other clusters is printed after that of the first. At the end, the rights that Serin used in all clusters are compared with those that
 * deploy/rbac.yaml grants, and the sentences that users saw with docs/troubleshooting.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, globSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { hasPattern } from "./cluster/at-once.ts";
import { RIGHTS_FILE } from "./cluster/rights.ts";
import { fillQueue } from "./queue.ts";
import { compareRights } from "./rights.ts";
import { compareSentences } from "./sentences.ts";
import { SENTENCES_FILE } from "./stories/sentences.ts";

const root = join(import.meta.dirname, "..");
const mocha = [
  join(root, "node_modules/mocha/bin/mocha.js"),
  "--no-config",
  "--extension",
  "ts",
  "--timeout",
  "120000",
];
const args = process.argv.slice(2);
const files = args.some((arg) => arg.endsWith(".test.ts"));
const selects = files || hasPattern(args);
/** Clusters at a time. Each takes about 0.6 of a core, and a story spends most of its time waiting. */
const LANES = 3;
const clusterless = ["unit", "model", "programs"].map((folder) => `test/${folder}/**/*.test.ts`);
const clustered = ["cluster", "stories"].map((folder) => `test/${folder}/**/*.test.ts`);
const children: ChildProcess[] = [];
// Ctrl-C reaches the children as well, which then end on their own.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });

const dir = mkdtempSync(join(tmpdir(), "serin-test-"));
const sentences = join(dir, "sentences");
process.env[SENTENCES_FILE] = sentences;
const status = selects ? await run(files ? args : [...clusterless, ...clustered, ...args]) : await runAll();
const isTold = compareSentences(sentences, args);
rmSync(dir, { recursive: true });
process.exit(status === 0 && !isTold ? 1 : status);

/** Runs the tests without a cluster, then the stories; prints the first lane's stories as they run. */
async function runAll(): Promise<number> {
  const rights = join(dir, "rights");
  process.env[RIGHTS_FILE] = rights;
  const statuses = [await run(["--parallel", "--jobs", "2", ...clusterless, ...args])];
  const queue = join(dir, "queue");
  mkdirSync(queue);
  fillQueue(queue, globSync(clustered, { cwd: root }));
  const lanes = Array.from({ length: LANES }, (_, i) => {
    const path = join(dir, `lane-${i}.log`);
    const log = i === 0 ? "inherit" : openSync(path, "w");
    return { path, status: enter([join(root, "test/lane.ts"), queue, ...args], log) };
  });
  for (const [i, { path, status }] of lanes.entries()) {
    statuses.push(await status);
    if (i > 0) await pipeline(createReadStream(path), process.stdout, { end: false });
  }
  const fits = compareRights(rights, args);
  return statuses.find((status) => status !== 0) ?? (fits ? 0 : 1);
}

/** Runs mocha in namespaces for a cluster; returns its exit status. */
function run(selection: readonly string[]): Promise<number> {
  return enter([...mocha, ...selection], "inherit");
}

/** Runs a script in such namespaces; returns its exit status. */
async function enter(script: readonly string[], log: number | "inherit"): Promise<number> {
  const child = spawn(process.execPath, [join(root, "test/cluster/enter.ts"), ...script], {
    cwd: root,
    stdio: ["inherit", log, log],
  });
  children.push(child);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}
