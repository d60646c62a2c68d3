/**
 * One cluster of `npm test`: `lane.ts QUEUE [ARGS…]` runs files from the queue (queue.ts) until none is left, each by a run
 * of mocha of its own and all of them in the same cluster, and prints how long each took. The arguments are mocha's
 * `--reporter` and `--reporter-option`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import Mocha from "mocha";
import { keepCluster, stopCluster } from "./cluster/shared.ts";
import { takeNext } from "./queue.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    reporter: { type: "string", default: "spec" },
    "reporter-option": { type: "string", multiple: true, default: [] },
  },
});
const [queue = ""] = positionals;
const reporterOptions = Object.fromEntries(
  values["reporter-option"].map((option) => {
    const [name = "", ...value] = option.split("=");
    return [name, value.join("=")];
  }),
);
const root = join(import.meta.dirname, "..");

// Mocha leaves the rejections of other code to the process, as its command does: thrown, one fails the test that runs.
process.on("unhandledRejection", (reason) => {
  throw reason;
});
keepCluster();
const failed: string[] = [];
for (let file = takeNext(queue); file !== undefined; file = takeNext(queue)) {
  const mocha = new Mocha({ timeout: 120_000, reporter: values.reporter, reporterOptions });
  mocha.addFile(join(root, file));
  await mocha.loadFilesAsync();
  const started = performance.now();
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  // Otherwise every run would leave its listeners on the process.
  mocha.dispose();
  console.log(`  ${file}: ${((performance.now() - started) / 1_000).toFixed(0)} s\n`);
  if (failures > 0) failed.push(file);
}
await stopCluster();
if (failed.length > 0) console.log(`Failures in ${failed.join(", ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;
