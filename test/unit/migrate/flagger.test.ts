import { expect } from "chai";
import type { Route } from "../../../kube/core/routes.ts";
import { canaryFields } from "../../../migrate/flagger/fields.ts";
import { alertProviderFields, metricTemplateFields } from "../../../migrate/flagger/template-fields.ts";
import { annotationsOf, canary, converted, fileOf, metricTemplateObject, saidOf } from "./canaries.ts";
import { crdPaths, expectCovered } from "./crd-fields.ts";

const weights = { interval: "30s", threshold: 5, maxWeight: 50, stepWeight: 10 };
const analysis = (more: object, base: object = weights) => canary({ analysis: { ...base, ...more } });

describe("convert: a Canary of Flagger", () => {
  it("has a row for each field of the CRDs", () => {
    expectCovered(crdPaths("flagger", "Canary"), canaryFields);
    expectCovered(crdPaths("flagger", "MetricTemplate"), metricTemplateFields);
    expectCovered(crdPaths("flagger", "AlertProvider"), alertProviderFields);
  });

  for (const [what, given, expected] of [
    ["linear weights", weights, { rollout: "canary", steps: "10, 20, 30, 40, 50", interval: "30s" }],
    [
      "weights that would go beyond the largest",
      { ...weights, stepWeight: 20 },
      { rollout: "canary", steps: "20, 40, 50", interval: "30s" },
    ],
    [
      "a list of weights",
      { interval: "1m", stepWeights: [1, 5, 80] },
      { rollout: "canary", steps: "1, 5, 80", interval: "1m" },
    ],
    [
      "a list that goes down",
      { interval: "1m", stepWeights: [10, 5, 20] },
      { rollout: "canary", steps: "10, 20", interval: "1m" },
    ],
    [
      "iterations",
      { interval: "15s", iterations: 8 },
      { rollout: "blue-green", steps: "100:2m", interval: "15s" },
    ],
    [
      "iterations with copies",
      { interval: "15s", iterations: 8, mirror: true },
      { rollout: "blue-green", steps: "100:2m", interval: "15s", mirror: "100%" },
    ],
    [
      "users with a header",
      { interval: "1m", iterations: 3, match: [{ headers: { "x-canary": { exact: "insider" } } }] },
      {
        rollout: "ab-test",
        iterations: "3",
        interval: "1m",
        match: "- headers:\n    - name: x-canary\n      type: Exact\n      value: insider\n",
      },
    ],
    [
      "a session affinity",
      { ...weights, sessionAffinity: { cookieName: "c", maxAge: 3600 } },
      { rollout: "canary", steps: "10, 20, 30, 40, 50", interval: "30s", sticky: "1h" },
    ],
  ] as const) {
    it(`carries ${what}`, () => {
      const found = annotationsOf(converted([canary({ analysis: given })]));
      const keys = Object.fromEntries(
        Object.entries(expected).map(([key, value]) => [`serin.dev/${key}`, value]),
      );
      expect(found).to.deep.equal(keys);
    });
  }

  it("keeps at most twenty of many steps, with the last one", () => {
    const steps = annotationsOf(converted([analysis({ stepWeight: 1 })]))["serin.dev/steps"]?.split(", ");
    expect(steps).to.have.length(20);
    expect(steps?.at(-1)).to.equal("50");
  });

  it("carries built-in metrics as checks, and others as templates that select the canary", () => {
    const query =
      'sum(rate(istio_requests_total{destination_workload="{{ target }}",app="{{ target }}"}[{{ interval }}]))';
    const found = converted([
      analysis({
        metrics: [
          { name: "request-success-rate", thresholdRange: { min: 99.5 }, interval: "1m" },
          { name: "request-duration", threshold: 500 },
          {
            name: "errors",
            templateRef: { name: "success-rate" },
            thresholdRange: { min: 1, max: 5 },
            interval: "2m",
            templateVariables: { code: "5.." },
          },
        ],
      }),
      metricTemplateObject("success-rate", query, {
        type: "prometheus",
        address: "http://prometheus.monitoring:9090",
      }),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal(
      "success-rate >= 99.5%, p99 <= 500ms, metric-success-rate >= 1, metric-success-rate <= 5",
    );
    expect(fileOf(found, "templates.yaml")).to.deep.equal([
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "metric-success-rate",
          namespace: "serin-system",
          labels: { "serin.dev/metric-template": "true" },
        },
        data: {
          interval: "2m",
          variables: "code: 5..\n",
          query:
            'sum(rate(istio_requests_total{destination_service_name="{{ service }}-canary",app="{{ target }}"}[{{ interval }}]))',
        },
      },
    ]);
    const differs = saidOf(found, "differs").join("\n");
    expect(differs).to.contain('still has app="{{ target }}", which with Serin stands for both versions');
    expect(saidOf(found, "admin").join("\n")).to.contain(
      "--prometheus must name http://prometheus.monitoring:9090",
    );
  });

  it("names a query that does not say which version it measures, and a limit that would punish the better", () => {
    const metric = { name: "own", query: 'sum(x{app="web"})', threshold: 1 };
    const found = converted([
      analysis({ metrics: [metric, { name: "request-duration", thresholdRange: { min: 5, max: 9 } }] }),
    ]);
    expect(saidOf(found, "differs").join("\n")).to.contain(
      "template own: check that its query selects the canary",
    );
    expect(saidOf(found, "not").join("\n")).to.contain("a duration of at least 5 ms");
  });

  it("keeps one limit on either side of a metric, and names the others", () => {
    const slow = (max: number) => ({ name: "request-duration", thresholdRange: { max } });
    const found = converted([analysis({ metrics: [slow(500), slow(900), slow(500)] })]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal("p99 <= 500ms");
    expect(saidOf(found, "not")).to.deep.equal([
      ": p99 <= 900ms is left out: Serin takes one such limit, p99 <= 500ms",
    ]);
  });

  it("gives two metrics of one template with different intervals a template each", () => {
    const metric = (name: string, interval: string) => ({
      name,
      interval,
      templateRef: { name: "t" },
      thresholdRange: { max: 1 },
    });
    const found = converted([
      analysis({ metrics: [metric("a", "1m"), metric("b", "5m")] }),
      metricTemplateObject("t", "q"),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal("t <= 1, t-2 <= 1");
  });

  it("names what a query cannot have, and a template that is missing", () => {
    const metric = (name: string) => ({ name, templateRef: { name }, thresholdRange: { max: 1 } });
    const found = converted([
      analysis({ metrics: [metric("cut"), metric("gone"), metric("far")] }),
      metricTemplateObject("cut", '{{ printf "%s" target }}'),
      metricTemplateObject("far", "q", { type: "externalmetrics" }),
    ]);
    expect(annotationsOf(found)).not.to.have.property("serin.dev/checks");
    expect(saidOf(found, "admin"), "work for a template that is not there").to.deep.equal([]);
    const lost = saidOf(found, "not").join("\n");
    expect(lost).to.contain("functions and conditions do not work");
    expect(lost).to.contain("MetricTemplate gone is not among the files");
    expect(lost).to.contain("Serin has no provider externalmetrics");
  });

  it("writes the Service and the HTTPRoute that Flagger made, for their user", () => {
    const found = converted([
      canary({
        service: {
          name: "shop",
          port: 9898,
          targetPort: "http",
          hosts: ["www.example.com"],
          gatewayRefs: [{ name: "gw", namespace: "edge" }],
          match: [{ uri: { prefix: "/api" }, method: { exact: "GET" } }],
          rewrite: { uri: "/v2", type: "ReplacePrefixMatch" },
          headers: { request: { set: { "x-a": "b" } } },
          timeout: "5s",
          apex: { labels: { team: "a" } },
        },
        analysis: weights,
      }),
    ]);
    expect(fileOf(found, "service.yaml")).to.deep.equal([
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "shop", namespace: "shop", labels: { team: "a" } },
        spec: { selector: { app: "web" }, ports: [{ name: "http", port: 9898, targetPort: "http" }] },
      },
    ]);
    expect(fileOf(found, "httproute.yaml")).to.deep.equal([
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { name: "shop", namespace: "shop", labels: { team: "a" } },
        spec: {
          parentRefs: [{ name: "gw", namespace: "edge" }],
          hostnames: ["www.example.com"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/api" }, method: "GET" }],
              filters: [
                {
                  type: "RequestHeaderModifier",
                  requestHeaderModifier: { set: [{ name: "x-a", value: "b" }] },
                },
                {
                  type: "URLRewrite",
                  urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/v2" } },
                },
              ],
              backendRefs: [{ name: "shop", port: 9898 }],
              timeouts: { request: "5s" },
            },
          ],
        },
      },
    ]);
  });

  it("never chooses more users than before: a match that cannot be written is left out", () => {
    const one = { headers: { "x-a": { exact: "b" } } };
    const inside = { sourceLabels: { app: "caller" } };
    const some = converted([canary({ analysis: { iterations: 2, match: [one, inside] } })]);
    expect(annotationsOf(some)["serin.dev/match"]).to.contain("x-a").and.not.contain("caller");
    const none = converted([canary({ analysis: { iterations: 2, match: [inside] } })]);
    expect(annotationsOf(none)).to.deep.equal({});
    expect(saidOf(none, "not").join("\n")).to.contain("sourceLabels");
    const route = converted([
      canary({ service: { port: 80, match: [{ sourceLabels: { a: "b" } }] }, analysis: weights }),
    ]);
    expect(fileOf(route, "httproute.yaml")).to.deep.equal([]);
    const relative = canary({
      service: { port: 80, match: [{ uri: { prefix: "api" } }] },
      analysis: weights,
    });
    expect(
      fileOf(converted([relative]), "httproute.yaml"),
      "a path that the Gateway API refuses",
    ).to.deep.equal([]);
  });

  it("leaves an origin out that the Gateway API does not take, and says so", () => {
    const corsPolicy = (allowOrigin: readonly string[]) =>
      converted([canary({ service: { port: 80, corsPolicy: { allowOrigin } }, analysis: weights })]);
    const some = corsPolicy(["example.com", "https://*.example.com:8443", "*"]);
    const [route] = fileOf(some, "httproute.yaml") as readonly Route[];
    expect(route?.spec.rules?.[0]?.filters).to.deep.equal([
      { type: "CORS", cors: { allowOrigins: ["https://*.example.com:8443", "*"] } },
    ]);
    expect(saidOf(some, "not").join("\n")).to.contain('origin "example.com" is left out');
    const [none] = fileOf(corsPolicy(["example.com"]), "httproute.yaml") as readonly Route[];
    expect(none?.spec.rules?.[0]).not.to.have.property("filters");
  });

  it("names another target, a skipped analysis and an unknown field", () => {
    const daemon = converted([canary({ targetRef: { kind: "DaemonSet", name: "web" }, analysis: weights })]);
    expect(daemon.files).to.deep.equal([]);
    expect(saidOf(daemon, "not")[0]).to.contain("the target is a DaemonSet");
    expect(annotationsOf(converted([canary({ skipAnalysis: true, analysis: weights })]))).to.deep.equal({});
    const unknown = canary({ analysis: { ...weights, maxweight: 30 }, tomorrow: { a: 1 } });
    expect(saidOf(converted([unknown]), "not")).to.deep.equal([
      "spec.analysis.maxweight: this field is unknown, so nothing was made of it",
      "spec.tomorrow.a: this field is unknown, so nothing was made of it",
    ]);
  });

  it("refuses a field of the wrong form, by its name", () => {
    expect(() => converted([canary({ analysis: { interval: 5 } })])).to.throw(
      'canary/web: spec.analysis.interval: invalid value "5": use a text',
    );
  });

  it("lets the thresholds alone decide with --same-verdicts", () => {
    const found = annotationsOf(converted([analysis({})], true));
    expect(found).to.include({ "serin.dev/compare": "off", "serin.dev/checks": "none" });
  });
});
