import { expect } from "chai";
import { prometheus } from "../../evidence/prometheus.ts";
import { ticksBy } from "../../evidence/ticks.ts";
import { canary, stable } from "../unit/rollout/gateways/metrics/backends.ts";
import { countedNames, namings } from "../unit/rollout/gateways/metrics/namings.ts";
import { packs } from "../unit/rollout/gateways/metrics/packs.ts";
import { type RealPrometheus, startPrometheus } from "./real-prometheus.ts";

/** The last scrape: 7.3 s after a multiple of 15 s. */
const SCRAPED = Date.UTC(2026, 0, 1, 12) + 7_300;

describe("the ticks on a real Prometheus", () => {
  let running: RealPrometheus;
  before(async () => {
    const counters = countedNames.flatMap((name) => {
      const { counter, codes, series } = namings[name];
      return series(stable).map((labels) => ({
        name: counter,
        labels: { ...labels, ...codes.good, job: "gateway", instance: "gw:1" },
        growth: 10,
      }));
    });
    running = await startPrometheus(counters, SCRAPED);
  });
  after(() => running.stop());

  for (const name of countedNames) {
    it(`end right after the scrapes of ${name}`, async () => {
      const clock = { now: () => SCRAPED + 4_000 };
      const ticksOf = ticksBy({ prometheus: prometheus({ url: running.url }), clock });
      const sources = [{ pack: packs[name], stable: [stable], canary: [canary] }];
      expect(await ticksOf({ sources })).to.deep.equal({ tickMs: 15_000, phaseMs: 9_500 });
    });
  }
});
