import { expect } from "chai";
import { aboutCounters } from "../../../../cli/doctor/counters.ts";
import { ProviderError } from "../../../../providers/provider.ts";
import type { Sample } from "../../../../rollout/gateways/metrics/sample.ts";
import { NOON } from "../../../support/builders.ts";

const classes = [
  { name: "web", controller: "traefik.io/gateway-controller" },
  { name: "edge", controller: "projectcontour.io/gateway-controller" },
  { name: "other", controller: "example.com/gateway" },
  { name: "kong", controller: "konghq.com/kic-gateway-controller" },
];
const one = new Map([[NOON, [{ labels: {}, value: 7 }] as readonly Sample[]]]);

describe("kubectl serin doctor --counters", () => {
  it("tells of each gateway that counts whether Prometheus has its counters", async () => {
    const over = async (promql: string) => (promql.includes("traefik") ? one : new Map());
    const findings = await aboutCounters(classes, { over }, NOON);
    expect(findings.map(({ kind, where, says }) => `${kind} ${where}: ${says}`)).to.deep.equal([
      "good gatewayclass/web: Prometheus has Traefik's request counters",
      "warning gatewayclass/edge: Prometheus has no request counter of Contour (count(envoy_cluster_upstream_rq) is empty), so no canary gets a weight behind it; let Prometheus scrape it, or send a first request",
    ]);
  });

  it("warns if Prometheus does not answer; any other failure is a defect", async () => {
    const failing = (error: Error) =>
      aboutCounters(classes.slice(0, 1), { over: () => Promise.reject(error) }, NOON);
    expect(await failing(new ProviderError("cannot be reached"))).to.deep.equal([
      {
        kind: "warning",
        where: "gatewayclass/web",
        says: "its counters were not checked: cannot be reached",
      },
    ]);
    const defect = new TypeError("a defect");
    expect(await failing(defect).catch((error: unknown) => error)).to.equal(defect);
  });
});
