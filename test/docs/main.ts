/**
 * `npm run docs:run`: does on the test cluster what each page asks of its reader, and prints every command with its output.
 * Blocks that are not run are named with their reason (skips.ts). Exits 1 at the first page that is not right.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../cluster/cluster.ts";
import { installSerin } from "../cluster/serin.ts";
import { openTerminal, prepareGateway, runPage } from "./course.ts";
import { courses, skips } from "./skips.ts";

const cluster = await startCluster({ dir: mkdtempSync(join(tmpdir(), "serin-docs-")), log: console.log });
try {
  await installSerin(cluster);
  await prepareGateway(cluster);
  for (const { page, begins, reason } of skips)
    if (begins === undefined) console.log(`skipped ${page}: ${reason}`);
  const shell = await openTerminal(cluster);
  for (const page of courses.flat()) await runPage(page, shell, console.log);
  await shell.end();
} finally {
  await cluster.stop();
}
