import { expect } from "chai";
import { evidenceFrom } from "../../controller/evidence.ts";
import { SourceError } from "../../controller/prometheus.ts";
import type { Route } from "../../rollout/objects.ts";
import { routePatch } from "../../rollout/overlay.ts";
import type { Sample } from "../../rollout/traefik.ts";
import { aDeployment, aPlan, aRoute, NOON, seenOf } from "../support/builders.ts";

const SINCE = NOON - 10_000;

/** A route with our flight in it, as the API server would have stored it. */
function inFlight(route: Route, uid: string): Route {
  const flight = { namespace: "shop", twins: { web: "web-canary" }, weight: 10, since: "" };
  const { metadata, spec } = routePatch(route, { [uid]: flight });
  const annotations = metadata.annotations as Record<string, string>;
  return {
    ...route,
    metadata: { ...route.metadata, annotations },
    spec: { ...route.spec, rules: [...spec.rules] },
  };
}

function sample(service: string, code: string, value: number): Sample {
  const name = `httproute-shop-web-gw-edge-gw-ep-web-0-abc-svc-shop-${service}@kubernetesgateway`;
  return { labels: { service: name, code }, value };
}

describe("the evidence", () => {
  const deployment = aDeployment({ image: "web:2" });
  const routes = [inFlight(aRoute(), deployment.metadata.uid ?? "")];
  const seen = seenOf({ deployment, routes, plan: aPlan() });

  it("is what was counted between the two instants, canary and stable apart", async () => {
    const asked: number[] = [];
    const read = evidenceFrom(async (_promql, at) => {
      asked.push(at);
      if (at === SINCE) return [sample("web-0", "200", 100)];
      return [
        sample("web-0", "200", 190),
        sample("web-canary-1", "200", 8),
        sample("web-canary-1", "500", 2),
      ];
    });
    const evidence = await read(seen, SINCE);
    expect(evidence).to.deep.include({ kind: "counts", seconds: 10 });
    if (evidence.kind !== "counts") return;
    expect(evidence.canary).to.include({ total: 10, failed: 2 });
    expect(evidence.stable).to.include({ total: 90, failed: 0 });
    await read({ ...seen, now: NOON + 5_000 }, SINCE);
    expect(asked, "the baseline is read once").to.deep.equal([SINCE, NOON, NOON + 5_000]);
  });

  it("reads the baseline anew for the next step", async () => {
    const asked: number[] = [];
    const read = evidenceFrom(async (_promql, at) => {
      asked.push(at);
      return [sample("web-0", "200", at)];
    });
    await read(seen, SINCE);
    await read(seen, SINCE + 1_000);
    expect(asked).to.deep.equal([SINCE, NOON, SINCE + 1_000, NOON]);
  });

  it("asks for histograms only where a check needs them", async () => {
    const queries: string[] = [];
    const read = evidenceFrom(async (promql) => {
      queries.push(promql);
      return [sample("web-0", "200", 1)];
    });
    await read(seen, SINCE);
    expect(queries.some((promql) => promql.includes("bucket"))).to.equal(false);
    await read({ ...seen, plan: aPlan({ "serin.dev/checks": "p99 <= 500ms" }) }, SINCE + 1);
    expect(queries.some((promql) => promql.includes("bucket"))).to.equal(true);
  });

  it("is none, with the reason, when there are no series", async () => {
    const read = evidenceFrom(async () => []);
    expect(await read(seen, SINCE)).to.deep.equal({
      kind: "none",
      reason: "Prometheus has no series of this route's backends: is the gateway scraped?",
    });
  });

  it("is none, with the reason, when Prometheus is away", async () => {
    const read = evidenceFrom(async () => {
      throw new SourceError("Prometheus cannot be reached");
    });
    expect(await read(seen, SINCE)).to.deep.equal({ kind: "none", reason: "Prometheus cannot be reached" });
  });

  it("is none behind a gateway whose metrics are not known", async () => {
    const [route] = routes;
    const status = { parents: [{ controllerName: "example.com/gateway" }] };
    const read = evidenceFrom(async () => []);
    const evidence = await read({ ...seen, routes: [{ ...(route as Route), status }] }, SINCE);
    expect(evidence).to.deep.equal({
      kind: "none",
      reason: "this version knows no metrics of example.com/gateway that tell backends apart",
    });
  });
});
