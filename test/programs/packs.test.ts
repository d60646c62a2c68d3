import { expect } from "chai";
import { attribution } from "../../rollout/gateways/metrics/attribution.ts";
import type { Backend } from "../../rollout/gateways/metrics/backend.ts";
import { reproduce } from "../../rollout/gateways/metrics/reproduce.ts";
import type { Labels } from "../../rollout/gateways/metrics/sample.ts";
import { canary, neighbours, stable } from "../unit/rollout/gateways/metrics/backends.ts";
import { countedNames, type Naming, namings } from "../unit/rollout/gateways/metrics/namings.ts";
import { packs } from "../unit/rollout/gateways/metrics/packs.ts";
import { promtool, raw, type Series, summed } from "./promtool.ts";

/** Labels of bucket bounds in seconds and milliseconds: those of the requested bounds, 0.25 s and 1 s, and others. */
const bounds = {
  s: { asked: ["0.25", "1", "1.0"], others: ["0.025", "10", "2.5"] },
  ms: { asked: ["250", "250.0", "1000", "1e+03"], others: ["25", "2500", "10000"] },
} as const satisfies Record<Naming["unit"], Record<string, readonly string[]>>;

/** One series for each set of labels, each with another growth, so that no series can pass for another. */
function growing(metric: string, all: readonly Labels[]): Series[] {
  const distinct = new Map(all.map((labels) => [JSON.stringify(Object.entries(labels).sort()), labels]));
  return [...distinct.values()].map((labels, index) => ({ metric, labels, growth: 3 * (index + 1) }));
}

function counted(naming: Naming, backends: readonly Backend[]): Labels[] {
  const { good, bad } = naming.codes;
  return backends.flatMap((backend) =>
    naming.series(backend).flatMap((labels) => [
      { ...labels, ...good },
      { ...labels, ...bad },
    ]),
  );
}

function timed(naming: Naming, backends: readonly Backend[], les: readonly string[]): Labels[] {
  const series = naming.summedOver
    ? counted(naming, backends)
    : backends.flatMap((backend) => naming.series(backend));
  return series.flatMap((labels) => les.map((le) => ({ ...labels, le })));
}

describe("Prometheus", () => {
  const others = Object.values(neighbours);
  for (const name of countedNames) {
    const { [name]: pack } = packs;
    const { [name]: naming } = namings;
    const owner = attribution(pack, [
      [stable, "stable"],
      [canary, "canary"],
    ]);
    const owned = ({ labels }: Series) => owner(labels) !== undefined;

    it(`returns exactly the counters of stable and canary for the queries of ${name}`, async () => {
      const requests = growing(naming.counter, counted(naming, [stable, canary, ...others]));
      const { asked, others: unasked } = bounds[naming.unit];
      const les = [...asked, "+Inf", ...unasked];
      const buckets = growing(naming.histogram ?? "none", timed(naming, [stable, canary, ...others], les));
      const answered = (series: readonly Series[]) =>
        naming.summedOver ? summed(series, naming.summedOver) : raw(series);
      const found = requests.filter(owned);
      expect(found.length, "both versions, both codes").to.be.at.least(4);
      expect(found.length, "not the neighbours'").to.be.below(requests.length);
      await promtool(
        [...requests, ...(pack.buckets ? buckets : [])],
        [
          { promql: pack.requests([stable, canary]), samples: raw(found) },
          ...(pack.buckets
            ? [
                { promql: pack.buckets([stable, canary]), samples: answered(buckets.filter(owned)) },
                {
                  promql: pack.buckets([stable, canary], [0.25, 1]),
                  samples: answered(
                    buckets.filter((one) => owned(one) && !unasked.some((le) => le === one.labels.le)),
                  ),
                },
              ]
            : []),
        ],
      );
    });

    it(`reproduces the counts of a verdict from ${name}`, async () => {
      const requests = growing(naming.counter, counted(naming, [stable, canary, ...others]));
      const canarys = requests.filter(({ labels }) => owner(labels) === "canary");
      const sums = new Map<string, number>();
      for (const { labels, growth } of canarys) {
        const codes = pack.codeLabels.filter((label) => labels[label] !== undefined);
        const group = `{${codes.map((label) => `${label}="${labels[label]}"`).join(",")}}`;
        sums.set(group, (sums.get(group) ?? 0) + 8 * growth);
      }
      const samples = [...sums].map(([labels, value]) => ({ labels, value }));
      await promtool(requests, [{ promql: reproduce(pack, [canary], 120), samples }]);
    });
  }
});
