/**
 * `npm run bench:judge [-- --runs 200]` simulates what the judge costs and what it catches, with fixed seeds, on one
 * core in about six minutes, and prints Markdown tables. The functions are the product's; the streams are in
 * streams.ts.
 */
import { parseArgs } from "node:util";
import { sections } from "./sections.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "2000" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`--runs: invalid value "${values.runs}": use a whole number from 1 up`);

const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(0);
// Progress goes to stderr, because the tables on stdout may be redirected.
const log = (text: string) => console.error(`bench: ${text} (${seconds()} s)`);
for (const section of sections({ runs, log })) console.log(`${section}\n`);
console.log(`Took ${seconds()} s on one core.`);
