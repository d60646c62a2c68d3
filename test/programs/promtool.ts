import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { Labels } from "../../rollout/gateways/metrics/sample.ts";
import { findTools } from "../cluster/tools.ts";

/** A counter that starts at 1,000 and grows by the same amount every 15 s. */
export interface Series {
  readonly metric: string;
  readonly labels: Labels;
  readonly growth: number;
}

/** A query five minutes later, and its exact answer. */
export interface Expectation {
  readonly promql: string;
  readonly samples: readonly { readonly labels: string; readonly value: number }[];
}

/** Runs Prometheus' own engine on the series; throws with promtool's output if an answer differs. */
export async function promtool(series: readonly Series[], expected: readonly Expectation[]): Promise<void> {
  const test = {
    interval: "15s",
    input_series: series.map((one) => ({ series: written(one), values: `1000+${one.growth}x20` })),
    promql_expr_test: expected.map(({ promql, samples }) => ({
      expr: promql,
      eval_time: "5m",
      exp_samples: samples,
    })),
  };
  const folder = await mkdtemp(join(tmpdir(), "serin-promtool-"));
  try {
    const file = join(folder, "test.yaml");
    await writeFile(file, stringify({ rule_files: [], evaluation_interval: "15s", tests: [test] }));
    await promisify(execFile)(findTools().program("promtool"), ["test", "rules", file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The answer to a query for the raw counters. */
export function raw(series: readonly Series[]): Expectation["samples"] {
  return series.map((one) => ({ labels: written(one), value: 1_000 + 20 * one.growth }));
}

/** The answer to a query for sums over some labels, which drops the metric's name. */
export function summed(series: readonly Series[], without: readonly string[]): Expectation["samples"] {
  const sums = new Map<string, number>();
  for (const { labels, growth } of series) {
    const kept = Object.fromEntries(Object.entries(labels).filter(([label]) => !without.includes(label)));
    const key = written({ metric: "", labels: kept, growth });
    sums.set(key, (sums.get(key) ?? 0) + 1_000 + 20 * growth);
  }
  return [...sums].map(([labels, value]) => ({ labels, value }));
}

function written({ metric, labels }: Series): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${metric}{${pairs.join(",")}}`;
}
