import { expect } from "chai";
import { readCounters } from "../../../evidence/counters.ts";
import { contour } from "../../../rollout/gateways/contour.ts";
import type { Sample } from "../../../rollout/gateways/metrics/sample.ts";
import { incrementsSince } from "../../../rollout/judge/counters.ts";
import { NOON } from "../../support/builders.ts";
import { aWatch } from "./metrics.ts";

const watch = aWatch("web", NOON);
const sources = watch.sources.map((source) => ({ ...source, pack: contour.metrics.pack }));

/** Envoy's counters of a cluster after so many seconds, in each of which it tries ten requests. */
function cluster(seconds: number, answers: number): Record<string, number> {
  return {
    rq_total: 10 * seconds,
    rq_retry: 0,
    rq_completed: answers * seconds,
    rq_active: 0,
    rq_tx_reset: 0,
    cx_destroy_local_with_active_rq: (10 - answers) * seconds,
  };
}

function samples(seconds: number, dropped?: string): Sample[] {
  const of = (service: string, answers: number) => {
    const labels = { envoy_cluster_name: `shop_${service}_80`, instance: "10.0.0.5:8002" };
    const counters = Object.entries(cluster(seconds, answers)).filter(([name]) => name !== dropped);
    return [
      {
        labels: { __name__: "envoy_cluster_upstream_rq", ...labels, envoy_response_code: "200" },
        value: answers * seconds,
      },
      ...counters.map(([name, value]) => ({
        labels: { __name__: `envoy_cluster_upstream_${name}`, ...labels },
        value,
      })),
    ];
  };
  return [...of("web-canary", 3), ...of("web", 10)];
}

/** The counts of a tick of five seconds, and what Prometheus was asked. */
async function ticked(dropped?: string, those = sources) {
  const asked: string[] = [];
  const over = async (promql: string) => {
    asked.push(promql);
    return new Map([1, 6].map((seconds) => [NOON + seconds, samples(seconds, dropped)]));
  };
  const from = { prometheus: { over }, namesakes: { doubts: () => () => undefined } };
  const query = { watch: { ...watch, sources: those }, bounds: [] };
  const read = await readCounters(from, [query], { from: NOON + 1, to: NOON + 6, stepMs: 5 });
  const [first = [], last = []] = [...(read.get(watch.uid)?.instants.values() ?? [])];
  return { asked, ...incrementsSince(incrementsSince(undefined, first).baseline, last).counts };
}

describe("the counters of requests without an answer", () => {
  it("come with those of the answers, in one query", async () => {
    const { asked, canary, stable } = await ticked();
    expect(asked).to.have.length(1);
    for (const name of Object.keys(cluster(0, 0)))
      expect(asked[0]).to.match(new RegExp(`[|:]envoy_cluster_upstream_${name}[|)]`));
    expect(canary).to.deep.include({ total: 15, codes: new Map([["200", 15]]), givenUp: 35 });
    expect(stable).to.deep.include({ total: 50, codes: new Map([["200", 50]]), givenUp: 0 });
  });

  for (const dropped of Object.keys(cluster(0, 0)))
    it(`say nothing if the scrape drops ${dropped}`, async () => {
      const { canary, stable } = await ticked(dropped);
      for (const counts of [canary, stable]) expect(counts).to.not.have.property("givenUp");
      expect([canary.total, stable.total]).to.deep.equal([15, 50]);
    });

  it("are not asked for without a canary", async () => {
    const { asked } = await ticked(
      undefined,
      sources.map((source) => ({ ...source, canary: [] })),
    );
    expect(asked).to.deep.equal(sources.map(({ pack, stable }) => pack.requests(stable)));
  });
});
