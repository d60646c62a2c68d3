/**
 * `npm run bench:routes` measures 50 template updates at once among many routes of other namespaces, on a real control
 * plane, and prints the rows of the table "Sizes" of docs/operations.md. Exits 0 when it could measure everything.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../../test/cluster/cluster.ts";
import { installSerin } from "../../test/cluster/serin.ts";
import { addRoutes, type Crowd, removeRoutes } from "./crowd.ts";
import { addShops } from "./shops.ts";
import { type Row, routesTableOf } from "./table.ts";
import { measureUpdates } from "./updates.ts";

const SIZES: readonly Crowd[] = [
  { routes: 10_000, kB: 5 },
  { routes: 2_000, kB: 255 },
];

// Progress goes to stderr, because the table on stdout may be redirected.
const log = (text: string) => console.error(`bench: ${text}`);
const cluster = await startCluster({ dir: mkdtempSync(join(tmpdir(), "serin-routes-")), log });
try {
  await installSerin(cluster);
  const shops = await addShops(cluster);
  const rows: Row[] = [];
  for (const size of SIZES) {
    log(`${size.routes} routes of ${size.kB} kB`);
    await addRoutes(cluster, size);
    rows.push({ size, ...(await measureUpdates(cluster, shops)) });
    await removeRoutes(cluster);
  }
  console.log(routesTableOf(rows));
} finally {
  await cluster.stop();
}
process.exit();
