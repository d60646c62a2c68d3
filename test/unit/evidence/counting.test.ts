import { expect } from "chai";
import { CountingReader } from "../../../evidence/counting.ts";
import type { Grid } from "../../../evidence/prometheus.ts";
import { ProviderError } from "../../../providers/provider.ts";
import type { Sample } from "../../../rollout/gateways/metrics/sample.ts";
import { gateways } from "../../../rollout/gateways/registry.ts";
import type { CountingQuestion } from "../../../rollout/judge/counting.ts";
import { FakeClock } from "../../support/clock.ts";
import { rememberingLog } from "../../support/log.ts";
import { noNamesakes } from "../../support/namesakes.ts";
import { aBackend, stable } from "../rollout/gateways/metrics/backends.ts";

const { pack } = gateways["envoy-gateway"].metrics;
const question: CountingQuestion = {
  uid: "uid-web",
  namespace: "shop",
  name: "web",
  rollout: "first",
  sources: [{ pack, stable: [stable] }],
  attached: false,
};

describe("how a gateway counts", () => {
  let clock: FakeClock;
  let asked: string[];
  /** The names of the clusters that have requests, or why Prometheus does not answer. */
  let clusters: readonly string[] | Error;
  /** The queries without an answer, whatever the clusters. */
  let none: (promql: string) => boolean;
  let told: string[];
  let reader: CountingReader;
  let log: ReturnType<typeof rememberingLog>;

  beforeEach(() => {
    clock = new FakeClock();
    log = rememberingLog();
    [asked, told, clusters] = [[], [], []];
    none = () => false;
    const over = async (promql: string, { to }: Grid) => {
      asked.push(promql);
      if (clusters instanceof Error) throw clusters;
      if (none(promql)) return new Map();
      const [, pattern = '".*"'] =
        /^envoy_cluster_upstream_rq\{envoy_cluster_name=~("[^"]*")\}$/.exec(promql) ?? [];
      if (!promql.includes("{")) expect(promql).to.match(/^count\(\w+\)$/);
      const wanted = new RegExp(`^(?:${JSON.parse(pattern)})$`);
      const samples = clusters
        .filter((name) => wanted.test(name))
        .map(
          (envoy_cluster_name): Sample => ({
            labels: { envoy_cluster_name, envoy_response_code: "200" },
            value: 7,
          }),
        );
      return new Map(samples.length === 0 ? [] : [[to, samples]]);
    };
    reader = new CountingReader({
      prometheus: () => ({ over }),
      namesakes: noNamesakes,
      clock,
      log,
      onRead: (uids) => void told.push(...uids),
    });
  });

  const answered = async () => {
    expect(reader.of(question)).to.deep.equal({ kind: "asking" });
    await clock.advance(10);
    expect(told).to.deep.equal(["uid-web"]);
    return reader.of(question);
  };

  it("is undivided if only the rule's cluster has requests, with the reason", async () => {
    clusters = ["httproute/shop/web/rule/0", "httproute/shop/other/rule/0"];
    const counting = await answered();
    expect(counting).to.include({ kind: "undivided" });
    expect(counting)
      .to.have.property("reason")
      .that.matches(/^Envoy Gateway counts the requests .*mergeBackends/);
  });

  it("is divided if the stable version has a cluster of its own", async () => {
    clusters = ["service/shop/web/80/http", "httproute/shop/web/rule/0"];
    expect(await answered()).to.deep.equal({ kind: "divided" });
  });

  it("is uncounted without any series of the gateway's counters, and is asked again soon", async () => {
    const counting = await answered();
    expect(counting).to.deep.equal({
      kind: "uncounted",
      reason:
        "Prometheus has no request counter of Envoy Gateway (count(envoy_cluster_upstream_rq) is empty)",
    });
    clusters = ["service/shop/web/80/http"];
    await clock.advance(5_000);
    reader.of(question);
    await clock.advance(10);
    expect(reader.of(question)).to.deep.equal({ kind: "divided" });
  });

  it("stays uncounted while Prometheus does not answer, and is asked again each time", async () => {
    const counting = await answered();
    clusters = new ProviderError("cannot be reached");
    await clock.advance(5_000);
    reader.of(question);
    await clock.advance(10);
    expect(reader.of(question)).to.deep.equal(counting);
    const other = { ...question, uid: "uid-api" };
    clusters = ["service/shop/web/80/http"];
    reader.of(other);
    await clock.advance(10);
    expect(reader.of(other)).to.deep.equal({ kind: "divided" });
  });

  it("is unknown without requests, and is asked again later", async () => {
    clusters = ["httproute/shop/other/rule/0"];
    expect(await answered()).to.deep.equal({ kind: "unknown" });
    clusters = ["httproute/shop/web/rule/0"];
    reader.of(question);
    await clock.advance(14_000);
    const before = asked.length;
    reader.of(question);
    expect(asked.length).to.equal(before);
    await clock.advance(1_000);
    reader.of(question);
    await clock.advance(10);
    expect(reader.of(question).kind).to.equal("undivided");
    expect(told).to.have.length(2);
  });

  it("is unknown while Prometheus does not answer; any other failure is logged", async () => {
    clusters = new ProviderError("cannot be reached");
    expect(await answered()).to.deep.equal({ kind: "unknown" });
    expect(log.lines).to.deep.equal([]);
    clusters = new TypeError("a defect");
    await clock.advance(15_000);
    reader.of(question);
    await clock.advance(10);
    expect(reader.of(question)).to.deep.equal({ kind: "unknown" });
    expect(log.lines).to.have.length(1);
  });

  it("is divided behind a gateway that always does, by one query for many rollouts", async () => {
    clusters = ["any"];
    const { pack: traefik } = gateways.traefik.metrics;
    const uids = ["a", "b", "c"];
    const asks = uids.map((uid) => ({ ...question, uid, sources: [{ pack: traefik, stable: [stable] }] }));
    for (const each of asks) reader.of(each);
    await clock.advance(10);
    expect(asks.map((each) => reader.of(each).kind)).to.deep.equal(["divided", "divided", "divided"]);
    expect(asked).to.deep.equal(["count(traefik_service_requests_total)"]);
  });

  it("names the gateway without any counter, of several ones", async () => {
    const { pack: traefik } = gateways.traefik.metrics;
    const both = { ...question, sources: [...question.sources, { pack: traefik, stable: [stable] }] };
    clusters = ["service/shop/web/80/http"];
    const empty: string[] = ["count(traefik_service_requests_total)"];
    none = (promql) => empty.includes(promql);
    reader.of(both);
    await clock.advance(10);
    expect(reader.of(both)).to.deep.equal({
      kind: "divided",
      uncounted:
        "Prometheus has no request counter of Traefik (count(traefik_service_requests_total) is empty)",
    });
    empty.pop();
    await clock.advance(15_000);
    reader.of(both);
    await clock.advance(10);
    expect(reader.of(both), "once it has one").to.deep.equal({ kind: "divided" });
    expect(told).to.deep.equal(["uid-web", "uid-web"]);
  });

  it("says of calls that Prometheus has no counter of calls", async () => {
    const calls = { pack: gateways.contour.metrics.pack, stable: [aBackend({ routeKind: "GRPCRoute" })] };
    none = () => true;
    reader.of({ ...question, sources: [calls] });
    await clock.advance(10);
    expect(reader.of({ ...question, sources: [calls] }))
      .to.have.property("reason")
      .that.matches(/^Prometheus has no gRPC call counter of Contour \(count\(\{__name__=~.*grpc_/);
  });

  it("is asked anew once the canary Service is in the routes, as a rule with two backends may share a cluster", async () => {
    clusters = ["service/shop/web/80/http"];
    expect(await answered()).to.deep.equal({ kind: "divided" });
    clusters = ["httproute/shop/web/rule/0"];
    const attached = { ...question, attached: true };
    expect(reader.of(attached)).to.deep.equal({ kind: "asking" });
    await clock.advance(10);
    expect(reader.of(attached).kind).to.equal("undivided");
  });

  it("stays uncounted until the answer about the routes with the canary Service", async () => {
    const counting = await answered();
    clusters = new ProviderError("cannot be reached");
    const attached = { ...question, attached: true };
    expect(reader.of(attached)).to.deep.equal(counting);
    await clock.advance(10);
    expect(reader.of(attached)).to.deep.equal(counting);
  });

  it("is asked anew for another rollout", async () => {
    clusters = ["httproute/shop/web/rule/0"];
    await answered();
    expect(reader.of({ ...question, rollout: "second" })).to.deep.equal({ kind: "asking" });
    reader.forget("uid-web");
  });
});
