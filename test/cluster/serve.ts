/** `npm run cluster [-- --no-serin]`: a cluster to use by hand, until Ctrl-C. main.ts runs `serve.ts DIR [--no-serin]`. */
import { parseArgs } from "node:util";
import { startCluster } from "./cluster.ts";
import { openDoors } from "./doors.ts";
import { installSerin } from "./serin.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { "no-serin": { type: "boolean" } },
});
const [dir = ""] = positionals;
const cluster = await startCluster({ dir, log: console.log });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, async () => {
    await cluster.stop();
    process.exit(0);
  });
}
if (!values["no-serin"]) {
  await installSerin(cluster);
  console.log("Serin is installed");
}
console.log(await openDoors(dir));
