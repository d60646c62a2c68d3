/**
 * `npm run bench [-- --json]` measures Serin's figures on a real control plane and gateway in about six minutes, and
 * prints a Markdown table. `--requests` measures the API requests of one rollout alone, in a minute and a half. Exits 0
 * when it could measure everything, whether or not the goals are met.
 */
import { parseArgs } from "node:util";
import { installSerin } from "../test/cluster/serin.ts";
import { startMeasured } from "./cluster.ts";
import { measure, measureRequests } from "./run.ts";
import { markdownOf, requestsMarkdownOf, rowsOf } from "./table.ts";

const off = { type: "boolean", default: false } as const;
const { values } = parseArgs({ options: { json: off, requests: off } });
// Progress goes to stderr, because the table on stdout may be redirected.
const log = (text: string) => console.error(`bench: ${text}`);
const cluster = await startMeasured("bench", { log });
try {
  await installSerin(cluster);
  if (values.requests) {
    const rollout = await measureRequests(cluster, log);
    console.log(values.json ? JSON.stringify(rollout, undefined, 2) : requestsMarkdownOf(rollout));
  } else {
    const findings = await measure(cluster, log);
    console.log(
      values.json ? JSON.stringify({ rows: rowsOf(findings), findings }, undefined, 2) : markdownOf(findings),
    );
  }
} finally {
  await cluster.stop();
}
process.exit();
