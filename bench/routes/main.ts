/**
 * `npm run bench:routes` measures 50 template updates at once among many objects of other tenants, on a real control plane,
 * and prints a table of each; docs/operations.md has that of the index. Exits 1 if a limit is broken, with the limit.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCluster } from "../../test/cluster/cluster.ts";
import { installSerin } from "../../test/cluster/serin.ts";
import { addCrowd, type Crowd, nameOf, removeCrowd } from "./crowd.ts";
import { indexBytes } from "./index-bytes.ts";
import { brokenLimits, memoryLimits } from "./limits.ts";
import { addShops } from "./shops.ts";
import { indexTableOf, type Row, routesTableOf } from "./table.ts";
import { measureUpdates } from "./updates.ts";

const CROWDS: readonly Crowd[] = [
  { plural: "httproutes", count: 10_000, kB: 5, forged: false },
  { plural: "httproutes", count: 2_000, kB: 255, forged: false },
  { plural: "httproutes", count: 2_000, kB: 255, forged: true },
  { plural: "services", count: 2_000, kB: 255, forged: true },
];
const INDEXED = [1_000, 10_000, 20_000];

// Progress goes to stderr, because the tables on stdout may be redirected.
const log = (text: string) => console.error(`bench: ${text}`);
const indexes = [];
for (const routes of INDEXED) indexes.push({ routes, bytes: await indexBytes(routes) });
console.log(`${indexTableOf(indexes)}\n`);
const limits = memoryLimits();
const cluster = await startCluster({ dir: mkdtempSync(join(tmpdir(), "serin-routes-")), log });
const rows: Row[] = [];
try {
  await installSerin(cluster);
  const shops = await addShops(cluster);
  for (const crowd of CROWDS) {
    log(nameOf(crowd));
    await addCrowd(cluster, crowd);
    rows.push({ crowd, ...(await measureUpdates(cluster, shops)) });
    await removeCrowd(cluster, crowd);
  }
} finally {
  // A failure in between must not lose the rows before it.
  console.log(routesTableOf(rows, limits));
  await cluster.stop();
}
const broken = brokenLimits(rows, limits);
for (const limit of broken) console.error(`bench: BROKEN LIMIT: ${limit}`);
process.exit(broken.length === 0 ? 0 : 1);
