import { expect } from "chai";
import { readCounters } from "../../evidence/counters.ts";
import { prometheus } from "../../evidence/prometheus.ts";
import { type Baseline, incrementsSince } from "../../rollout/judge/counters.ts";
import { aWatch } from "../unit/evidence/metrics.ts";
import { type RealPrometheus, startPrometheus } from "./real-prometheus.ts";

/** The last scrape of the first server. The second one scrapes 8 s later. */
const SCRAPED = Date.UTC(2026, 0, 1, 12) + 7_300;
const STEP_MS = 5_000;

describe("two real Prometheus servers behind one address", () => {
  let servers: RealPrometheus[];
  before(async () => {
    const series = (service: string, code: string, growth: number) => ({
      name: "traefik_service_requests_total",
      labels: {
        service: `httproute-shop-web-gw-edge-gw-ep-web-0-0abc-svc-shop-${service}-0@kubernetesgateway`,
        code,
        instance: "10.0.0.5:9100",
      },
      growth,
    });
    const counters = [
      series("web", "200", 900),
      series("web", "500", 1),
      series("web-canary", "200", 100),
      series("web-canary", "500", 1),
    ];
    servers = await Promise.all([SCRAPED, SCRAPED + 8_000].map((at) => startPrometheus(counters, at)));
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  it("give the true counts when they answer in turn", async () => {
    const clients = servers.map(({ url }) => prometheus({ url }));
    const watch = aWatch("web", SCRAPED);
    const sums = { canary: [0, 0], stable: [0, 0] };
    let baseline: Baseline | undefined;
    for (let i = 0; i <= 60; i += 1) {
      const at = SCRAPED - 64 * STEP_MS + i * STEP_MS;
      const from = {
        prometheus: clients[i % 2] as (typeof clients)[number],
        namesakes: { doubts: () => () => undefined },
      };
      const read = await readCounters(from, [{ watch, bounds: [] }], { from: at, to: at, stepMs: STEP_MS });
      const found = incrementsSince(baseline, read.get(watch.uid)?.instants.get(at) ?? []);
      baseline = found.baseline;
      for (const arm of ["canary", "stable"] as const)
        sums[arm] = [
          (sums[arm][0] ?? 0) + found.counts[arm].total,
          (sums[arm][1] ?? 0) + found.counts[arm].failed,
        ];
    }
    // Twenty scrapes.
    expect(sums).to.deep.equal({ canary: [2_020, 20], stable: [18_020, 20] });
  });
});
