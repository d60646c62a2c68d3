import { expect } from "chai";
import { prometheusProvider } from "../../providers/prometheus.ts";
import type { Reading } from "../../providers/provider.ts";
import { settingsOf } from "../../providers/settings.ts";
import { parseTemplate, render, type Subject } from "../../rollout/plan/metric-template.ts";
import { at, window } from "../unit/providers/behaviour.ts";
import { type Counter, type RealPrometheus, startPrometheus } from "./real-prometheus.ts";

const envoy = (cluster: string, code: string, growth: number): Counter => {
  const labels = { envoy_cluster_name: cluster, envoy_response_code: code };
  return { name: "envoy_cluster_upstream_rq", labels, growth };
};
const istio = (workload: string, code: string, growth: number): Counter => ({
  name: "istio_requests_total",
  labels: {
    reporter: "source",
    destination_workload_namespace: "shop",
    destination_workload: workload,
    response_code: code,
  },
  growth,
});
/** Buckets of 100 requests: 90 within 100 ms, 99 within 250 ms. */
const buckets = (name: string, labels: Readonly<Record<string, string>>): Counter[] =>
  Object.entries({ "100": 90, "250": 99, "500": 100, "+Inf": 100 }).map(([le, growth]) => {
    return { name, labels: { ...labels, le }, growth };
  });

const counters = [
  envoy("shop_web-canary_80", "200", 97),
  envoy("shop_web-canary_80", "503", 3),
  envoy("shop_web_80", "200", 900),
  envoy("shop_web-2-canary_80", "503", 900),
  envoy("shop_idle-canary_80", "200", 0),
  istio("web", "200", 95),
  istio("web", "500", 5),
  istio("web-2", "500", 900),
  ...buckets("envoy_cluster_upstream_rq_time_bucket", { envoy_cluster_name: "shop_web-canary_80" }),
  ...buckets("istio_request_duration_milliseconds_bucket", {
    reporter: "source",
    destination_workload_namespace: "shop",
    destination_workload: "web",
  }),
  ...buckets("response_latency_ms_bucket", { namespace: "shop", deployment: "web", direction: "inbound" }),
];

/** Queries from Flagger's tutorials for the Gateway API and its page on metrics, unchanged. */
const published = {
  "the error rate behind Envoy": `
    100 - sum(
      rate(
        envoy_cluster_upstream_rq{
          envoy_cluster_name=~"{{ namespace }}_{{ target }}-canary_[0-9a-zA-Z-]+",
          envoy_response_code!~"5.*"
        }[{{ interval }}]
      )
    )
    /
    sum(
      rate(
        envoy_cluster_upstream_rq{
          envoy_cluster_name=~"{{ namespace }}_{{ target }}-canary_[0-9a-zA-Z-]+",
        }[{{ interval }}]
      )
    )
    * 100`,
  "the latency behind Envoy": `
    histogram_quantile(0.99,
      sum(
        rate(
          envoy_cluster_upstream_rq_time_bucket{
            envoy_cluster_name=~"{{ namespace }}_{{ target }}-canary_[0-9a-zA-Z-]+",
          }[{{ interval }}]
        )
      ) by (le)
    )/1000`,
  "the error rate behind Istio": `
    100 - sum(
      rate(
        istio_requests_total{
          reporter="source",
          destination_workload_namespace=~"{{ namespace }}",
          destination_workload=~"{{ target }}",
          response_code!~"5.*"
        }[{{ interval }}]
      )
    )
    /
    sum(
      rate(
        istio_requests_total{
          reporter="source",
          destination_workload_namespace=~"{{ namespace }}",
          destination_workload=~"{{ target }}",
        }[{{ interval }}]
      )
    )
    * 100`,
  "the latency behind Istio": `
    histogram_quantile(0.99,
      sum(
        rate(
          istio_request_duration_milliseconds_bucket{
            reporter="source",
            destination_workload_namespace=~"{{ namespace }}",
            destination_workload=~"{{ target }}",
          }[{{ interval }}]
        )
      ) by (le)
    )/1000`,
  "the latency behind Linkerd, with a variable": `
    histogram_quantile(
      0.99,
      sum(
        rate(
          response_latency_ms_bucket{
            namespace="{{ namespace }}",
            deployment=~"{{ target }}",
            direction="{{ variables.direction }}"
          }[{{ interval }}]
        )
      ) by (le)
    )`,
};

describe("queries published for Flagger", function () {
  this.timeout(120_000);
  let prometheus: RealPrometheus;
  before(async () => {
    prometheus = await startPrometheus(counters, at);
  });
  after(() => prometheus.stop());

  const web: Subject = { namespace: "shop", target: "web", service: "web", route: "web" };
  async function read(query: string, subject = web): Promise<Reading> {
    const parsed = parseTemplate({ query, interval: "2m" }, () => ({}));
    if ("complaints" in parsed) throw new Error(JSON.stringify(parsed.complaints));
    const rendered = render(parsed.template, subject, { direction: "inbound" });
    if ("problems" in rendered) throw new Error(rendered.problems.map(({ what }) => what).join());
    const settings = settingsOf("prometheus", { address: prometheus.url });
    return prometheusProvider(settings, { clock: { now: () => at } }).read(rendered.value, window);
  }

  const values = [3, 0.25, 5, 0.25, 250];
  Object.entries(published).forEach(([what, query], i) => {
    it(`yield ${what} from a real Prometheus, unchanged`, async () => {
      const reading = await read(query);
      expect(reading).to.have.property("kind", "value");
      expect(reading)
        .to.have.property("value")
        .that.is.closeTo(values[i] ?? 0, 1e-9);
    });
  });

  const errors = published["the error rate behind Envoy"];
  it("yield no value for a Deployment without series", async () => {
    expect(await read(errors, { ...web, target: "unknown" })).to.have.property("kind", "missing");
  });

  it("yield NaN without traffic", async () => {
    const reading = await read(errors, { ...web, target: "idle" });
    expect(reading).to.deep.equal({ kind: "not-a-number", reason: "the value is NaN" });
  });

  it("yield several values if the query does not sum them up", async () => {
    const query = 'rate(envoy_cluster_upstream_rq{envoy_cluster_name="shop_{{ target }}-canary_80"}[1m])';
    const reading = await read(query);
    expect(reading).to.deep.equal({ kind: "several", reason: "the query yields 2 series instead of one" });
  });
});
