/**
 * The part of `npm run cluster` that runs inside the namespaces: `serve.ts DIR [--no-serin]`. It starts the cluster,
 * opens a Unix socket in DIR for each port that people use, and then writes DIR/ready.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addresses, ports } from "./addresses.ts";
import { startCluster } from "./cluster.ts";
import { startRelay } from "./relay.ts";
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
for (const name of ["api", "gateway", "prometheus"] as const) {
  await startRelay({ path: join(dir, `${name}.sock`) }, { host: addresses.host, port: ports[name] });
}
if (!values["no-serin"]) {
  await installSerin(cluster);
  console.log("Serin is installed");
}
writeFileSync(join(dir, "ready"), "");
