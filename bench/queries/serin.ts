/**
 * The controller's reading alone, in a process of its own: `node bench/queries/serin.ts URL PID PACK CANARIES IDLE`. main.ts
 * starts it with the options of node that the controller has in a cluster. Prints what a tick costs as JSON.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { prometheus } from "../../evidence/prometheus.ts";
import { EvidenceReader } from "../../evidence/reader.ts";
import { systemClock } from "../../kube/core/clock.ts";
import { gateways } from "../../rollout/gateways/registry.ts";
import { noLog } from "../../test/support/log.ts";
import { noNamesakes } from "../../test/support/namesakes.ts";
import { heapBytes } from "../heap.ts";
import { median } from "../statistics.ts";
import { appsOf, watchOf } from "./apps.ts";
import { type Asked, between, cpuOf, meter } from "./meter.ts";
import { SCRAPE_MS } from "./scraping.ts";

/** The cost of following all these canaries. */
export interface Serin {
  /** The cost of one tick, as the median of all. */
  readonly tick: Asked & {
    /** From the first query until all are judged, in ms. */
    readonly took: number;
    /** CPU time of Prometheus without scraping, in s. */
    readonly cpu: number;
    /** CPU time of this process, in s: reading the answers, attributing, counting, folding, collecting garbage. */
    readonly worked: number;
  };
  readonly ticks: number;
  /** Ticks with more queries than the others, because Serin read them late. */
  readonly late: number;
  /** The longest time that the event loop was blocked, in ms. */
  readonly blocked: number;
  /** Per canary when all begin in the same instant, before the first tick; and until the last one has begun, in ms. */
  readonly beginning: Asked & { readonly took: number };
  /** The evidence of a canary as JSON, in bytes. */
  readonly state: { readonly median: number; readonly most: number };
  readonly rssMiB: { readonly before: number; readonly after: number };
  /** What of it is not garbage: the heap after a collection, in MiB. */
  readonly heapMiB: { readonly before: number; readonly after: number };
}

const TICKS = 7;
const PATIENCE_MS = 60_000;

const [url = "", pid, gateway, canaries, idle] = process.argv.slice(2);
const { metrics } = gateways[gateway as keyof typeof gateways];
const asked = meter();
const client = prometheus({ url });
const marks: { at: number; asked: Asked; cpu: number; worked: number; took: number }[] = [];
let firstQuery: number | undefined;
const reader = new EvidenceReader({
  prometheus: {
    ...client,
    over: (promql, grid) => {
      firstQuery ??= performance.now();
      return client.over(promql, grid);
    },
  },
  namesakes: noNamesakes,
  gates: async () => ({}),
  clock: systemClock,
  log: noLog,
  signal: new AbortController().signal,
  onRead: mark,
});

const [rssBefore, heapBefore] = [rss(), heapBytes() / 2 ** 20];
const from = performance.now();
const watches = appsOf(Number(canaries)).map((app) => watchOf(app, metrics.pack, Date.now()));
for (const watch of watches) reader.of(watch);
await until(() => watches.every((watch) => reader.of(watch).judged !== undefined), "begin");
const begun = { ...asked(), took: performance.now() - from };
const each = (total: number) => total / watches.length;
await until(() => new Set(watches.map((watch) => reader.of(watch).judged?.at)).size === 1, "come together");
// All late ticks are read by now; from here on each read covers one tick.
await sleep(2 * SCRAPE_MS);
marks.splice(0);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
await until(() => marks.length > TICKS, "continue");
const ticks = marks.slice(1).map((mark, i) => {
  const before = marks[i] ?? mark;
  return {
    ...between(before.asked, mark.asked),
    took: mark.took,
    cpu: mark.cpu - before.cpu - (Number(idle) * (mark.at - before.at)) / 1000,
    worked: mark.worked - before.worked,
  };
});
const middle = (pick: (tick: (typeof ticks)[number]) => number) => median(ticks.map(pick));
const queries = middle((tick) => tick.queries);
const states = watches.map((watch) => Buffer.byteLength(JSON.stringify(reader.of(watch).judged ?? {})));
const serin: Serin = {
  tick: {
    queries,
    sent: middle(({ sent }) => sent),
    received: middle(({ received }) => received),
    took: middle(({ took }) => took),
    cpu: middle(({ cpu }) => cpu),
    worked: middle(({ worked }) => worked),
  },
  ticks: ticks.length,
  late: ticks.filter((tick) => tick.queries > queries).length,
  blocked: delay.max / 1e6,
  beginning: {
    queries: each(begun.queries),
    sent: each(begun.sent),
    received: each(begun.received),
    took: begun.took,
  },
  state: { median: median(states), most: Math.max(...states) },
  // First, because a collection may give pages back.
  rssMiB: { before: rssBefore, after: rss() },
  heapMiB: { before: heapBefore, after: heapBytes() / 2 ** 20 },
};
console.log(JSON.stringify(serin));
process.exit();

async function until(done: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!done()) {
    const why = watches.map((watch) => reader.of(watch).unread).find(Boolean);
    if (performance.now() > deadline) throw new Error(`the rollouts do not ${what}: ${why}`);
    await sleep(100);
  }
}

function mark(): void {
  marks.push({
    at: performance.now(),
    asked: asked(),
    cpu: cpuOf(Number(pid)),
    worked: cpuOf(process.pid),
    took: firstQuery === undefined ? 0 : performance.now() - firstQuery,
  });
  firstQuery = undefined;
}

function rss(): number {
  return process.memoryUsage().rss / 2 ** 20;
}
