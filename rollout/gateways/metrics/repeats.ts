import type { Labels, Sample } from "./sample.ts";

/** An address with its port. Some scrapes put a node's name in its place, which several processes share. */
const ADDRESS = /:\d+$/;

/**
 * The samples of an instant that repeat others: two jobs scrape one process, such as a ServiceMonitor and the annotations of
 * its pods, or two Prometheus servers store what they scrape in one place. Of all scrapes of an address the first one by name counts.
 */
export function repeatsIn(samples: readonly Sample[]): ReadonlySet<Sample> {
  const counted = new Map<string, string>();
  for (const { labels } of samples) {
    const { instance = "" } = labels;
    const scrape = scrapeOf(labels);
    const first = counted.get(instance);
    if (first === undefined || scrape < first) counted.set(instance, scrape);
  }
  const isRepeat = ({ labels }: Sample) =>
    ADDRESS.test(labels.instance ?? "") && counted.get(labels.instance ?? "") !== scrapeOf(labels);
  return new Set(samples.filter(isRepeat));
}

/** Who scraped: a job of one Prometheus. Its Operator tells two of them apart by these labels. */
function scrapeOf({ job = "", prometheus = "", prometheus_replica = "" }: Labels): string {
  return `${job}\n${prometheus}\n${prometheus_replica}`;
}
