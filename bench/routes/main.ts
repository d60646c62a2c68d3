/**
 * `npm run bench:routes [-- NAME…]` measures the index of all routes, and 50 template updates at once among many objects of
 * other tenants, on a real control plane, and prints a table of each; docs/operations.md has both. A name chooses rows of the
 * tables: `index`, or a part of a crowd's name, such as `10,000` or `Services`. Exits 1 if a limit is broken, with the limit.
 */
import { installSerin } from "../../test/cluster/serin.ts";
import { startMeasured } from "../cluster.ts";
import { addCrowd, type Crowd, nameOf, removeCrowd } from "./crowd.ts";
import { indexCosts } from "./index-costs.ts";
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
const names = process.argv.slice(2);
const isWanted = (text: string) => names.length === 0 || names.some((name) => text.includes(name));
const crowds = CROWDS.filter((crowd) => isWanted(nameOf(crowd)));
if (isWanted("index")) await measureIndex();
const broken = crowds.length === 0 ? [] : await measureCrowds();
for (const limit of broken) console.error(`bench: BROKEN LIMIT: ${limit}`);
process.exit(broken.length === 0 ? 0 : 1);

/** On a cluster of its own, because its routes stay. */
async function measureIndex(): Promise<void> {
  const cluster = await startMeasured("routes", { log });
  try {
    console.log(`${indexTableOf(await indexCosts(cluster, INDEXED))}\n`);
  } finally {
    await cluster.stop();
  }
}

/** Returns the limits that are broken. */
async function measureCrowds(): Promise<readonly string[]> {
  const limits = memoryLimits();
  const cluster = await startMeasured("routes", { log });
  const rows: Row[] = [];
  try {
    await installSerin(cluster);
    const shops = await addShops(cluster);
    for (const crowd of crowds) {
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
  return brokenLimits(rows, limits);
}
