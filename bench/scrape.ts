/**
 * `npm run bench:scrape` measures a scrape of the leader with 1,000 rollouts in flight: its time, and the longest time for
 * which it kept the event loop from other work. Exits 1 if a limit is broken.
 */
import { Registry } from "@prometheus-io/client";
import { registerFlightSeries } from "../controller/telemetry/flight-series.ts";
import type { Flight } from "../rollout/flight/flight.ts";
import { median } from "./statistics.ts";

const FLIGHTS = 1_000;
const SCRAPES = 20;
/** In ms, as the median of the scrapes after the first ones, in which node compiles. */
const LIMITS = { scrape: 150, block: 40 } as const;

function aFlight(i: number): Flight {
  const counts = { requests: 1_000 + i, failed: i % 7 };
  return {
    namespace: `team-${i % 50}`,
    deployment: `web-${i}`,
    rollout: "2026-01-01T12:00:00Z",
    strategy: "canary",
    revision: "7",
    canary: `6f5c9d7b${i}`,
    stable: `5d4b8c6a${i}`,
    phase: "holding",
    waiting: "traffic",
    step: 1,
    steps: 3,
    weight: 0.1,
    started: 1_767_268_800_000,
    stepStarted: 1_767_268_860_000,
    claims: [
      { claim: "harm", nats: 0.5, limit: 4.6 },
      { claim: "safe", nats: 1.5, limit: 3 },
    ],
    counts: { canary: counts, stable: counts },
    judgedAt: 1_767_268_900_000,
  };
}

/** One scrape: its duration, the longest block (ms), and its lines. */
async function scrape(registry: Registry) {
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const watch = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const began = performance.now();
  const text = await registry.metrics();
  const took = performance.now() - began;
  isOver = true;
  return { took, longest, lines: text.split("\n").filter((line) => !line.startsWith("#")).length };
}

const flights = Array.from({ length: FLIGHTS }, (_, i) => aFlight(i));
const registry = new Registry();
registerFlightSeries(registry, () => flights);
for (let i = 0; i < 5; i += 1) await scrape(registry);
const scrapes = [];
for (let i = 0; i < SCRAPES; i += 1) scrapes.push(await scrape(registry));
const took = median(scrapes.map((one) => one.took));
const block = median(scrapes.map((one) => one.longest));
console.log(
  `${FLIGHTS} rollouts, ${scrapes[0]?.lines} series: a scrape takes ${took.toFixed(0)} ms (limit ${LIMITS.scrape}), and blocks for at most ${block.toFixed(0)} ms (limit ${LIMITS.block})`,
);
process.exit(took < LIMITS.scrape && block < LIMITS.block ? 0 : 1);
