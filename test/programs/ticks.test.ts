import { expect } from "chai";
import { prometheus } from "../../evidence/prometheus.ts";
import { ticksBy } from "../../evidence/ticks.ts";
import type { Backend } from "../../rollout/gateways/metrics/backend.ts";
import type { Counted } from "../../rollout/judge/evidence.ts";
import { canary, stable } from "../unit/rollout/gateways/metrics/backends.ts";
import { countedNames, namings } from "../unit/rollout/gateways/metrics/namings.ts";
import { packs } from "../unit/rollout/gateways/metrics/packs.ts";
import { type Counter, type RealPrometheus, startPrometheus } from "./real-prometheus.ts";

/** The last scrape: 7.3 s after a multiple of 15 s. */
const SCRAPED = Date.UTC(2026, 0, 1, 12) + 7_300;

describe("the ticks on a real Prometheus", () => {
  let running: RealPrometheus;
  before(async () => {
    const counters = countedNames.flatMap((name): Counter[] => {
      const { counter, codes, series } = namings[name];
      return series(stable).map((labels) => ({
        name: counter,
        labels: { ...labels, ...codes.good, job: "gateway", instance: "gw:1" },
        growth: 10,
      }));
    });
    // Envoy counts gRPC calls with one metric for each method and status, whose labels are the same.
    for (const status of [0, 14]) {
      const labels = { envoy_cluster_name: "shop_web_80", job: "gateway", instance: "gw:1" };
      counters.push({ name: `envoy_cluster_grpc_Cart_Add_${status}`, labels, growth: 10 });
    }
    running = await startPrometheus(counters, SCRAPED);
  });
  after(() => running.stop());

  async function find(source: Counted) {
    const clock = { now: () => SCRAPED + 4_000 };
    return ticksBy({ prometheus: prometheus({ url: running.url }), clock })({ sources: [source] });
  }
  const ticks = { tickMs: 15_000, phaseMs: 9_500 };

  for (const name of countedNames) {
    it(`end right after the scrapes of ${name}`, async () => {
      expect(await find({ pack: packs[name], stable: [stable], canary: [canary] })).to.deep.equal(ticks);
    });
  }

  it("end right after the scrapes of an Envoy that counts gRPC calls by method and status", async () => {
    const calls = (one: Backend) => [{ ...one, routeKind: "GRPCRoute" as const }];
    expect(await find({ pack: packs.contour, stable: calls(stable), canary: calls(canary) })).to.deep.equal(
      ticks,
    );
  });
});
