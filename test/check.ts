/**
 * `npm run check`: lint, types and unused code, one after the other, beside the unit tests, which often wait. The output of
 * a part comes in one piece when it ends. All parts run to their end, so that all complaints come at once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

const running = new Set<ChildProcess>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
  });

/** Runs scripts of package.json one after the other; whether all of them passed. */
async function run(...scripts: readonly string[]): Promise<boolean> {
  let passed = true;
  for (const script of scripts) {
    const command = ["-c", `npm run -s ${script} 2>&1`];
    const child = spawn("sh", command, { stdio: ["ignore", "pipe", "inherit"] });
    running.add(child);
    const [output, [status]] = await Promise.all([text(child.stdout), once(child, "close")]);
    running.delete(child);
    passed &&= status === 0;
    console.log(`${script}${status === 0 ? "" : " FAILED"}\n${output}`);
  }
  return passed;
}

process.env.SERIN_CASES ??= "0.1";
const passed = await Promise.all([run("unit"), run("lint", "typecheck", "unused")]);
process.exitCode = passed.every(Boolean) ? 0 : 1;
