import { expect } from "chai";
import { limitsOfFailure, limitsOfSuccess } from "../../../migrate/argo/condition.ts";
import { rolloutFields } from "../../../migrate/argo/fields.ts";
import { analysisTemplateFields } from "../../../migrate/argo/template-fields.ts";
import type { SourceObject } from "../../../migrate/conversion.ts";
import { annotationsOf, converted, fileOf, saidOf } from "./canaries.ts";
import { crdPaths, expectCovered } from "./crd-fields.ts";

function rollout(strategy: object, more: object = {}): SourceObject {
  const workloadRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "web", namespace: "shop" },
    spec: { workloadRef, strategy, ...more },
  };
}

function template(metrics: readonly object[], more: object = {}): SourceObject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AnalysisTemplate",
    metadata: { name: "checks", namespace: "shop" },
    spec: { metrics, ...more },
  };
}

const prometheus = (query: string) => ({
  prometheus: { address: "http://prometheus.monitoring:9090", query },
});
const canary = (steps: readonly object[], more: object = {}) => ({ canary: { steps, ...more } });
const analysis = { templates: [{ templateName: "checks" }] };

describe("convert: a Rollout of Argo Rollouts", () => {
  it("has a row for each field of the CRDs", () => {
    expectCovered(crdPaths("argo", "Rollout"), rolloutFields);
    expectCovered(crdPaths("argo", "AnalysisTemplate"), analysisTemplateFields);
  });

  for (const [what, strategy, expected] of [
    [
      "weights, pauses and durations",
      canary([
        { setWeight: 20 },
        { pause: {} },
        { setWeight: 40 },
        { pause: { duration: "1h" } },
        { setWeight: 60 },
        { pause: { duration: 30 } },
      ]),
      { rollout: "canary", steps: "20, pause, 40:1h, 60:30s" },
    ],
    [
      "two pauses in a row once, and two durations together",
      canary([
        { setWeight: 10 },
        { pause: { duration: "30s" } },
        { pause: { duration: "30s" } },
        { pause: {} },
        { pause: {} },
      ]),
      { rollout: "canary", steps: "10:1m, pause" },
    ],
    [
      "weights that go down",
      canary([{ setWeight: 20 }, { setWeight: 0 }, { setWeight: 50 }]),
      { rollout: "canary", steps: "20, 50" },
    ],
    [
      "weights of another whole as percentages",
      canary([{ setWeight: 5 }, { pause: {} }, { setWeight: 300 }, { setWeight: 1000 }], {
        trafficRouting: { maxTrafficWeight: 1000 },
      }),
      { rollout: "canary", steps: "0.5, pause, 30, 100" },
    ],
    [
      "the canary's scale, testers and copies",
      canary([
        { setCanaryScale: { replicas: 3 } },
        { setHeaderRoute: { name: "r", match: [{ headerName: "x-a", headerValue: { prefix: "b." } }] } },
        { setMirrorRoute: { name: "m", percentage: 35 } },
        { setWeight: 20 },
      ]),
      {
        rollout: "canary",
        steps: "20",
        size: "3",
        mirror: "35%",
        match: "- headers:\n    - name: x-a\n      type: RegularExpression\n      value: b\\..*\n",
      },
    ],
    [
      "the stable Service and the routes of the plugin",
      canary([{ setWeight: 20 }], {
        stableService: "web",
        canaryService: "web-canary",
        trafficRouting: {
          plugins: {
            "argoproj-labs/gatewayAPI": { httpRoutes: [{ name: "a" }, { name: "b" }], namespace: "edge" },
          },
        },
      }),
      { rollout: "canary", steps: "20", services: "web", routes: "edge/a, edge/b" },
    ],
    [
      "a blue-green switch by a person",
      { blueGreen: { activeService: "web", autoPromotionEnabled: false, scaleDownDelaySeconds: 600 } },
      { rollout: "blue-green", steps: "pause, 100:10m", services: "web" },
    ],
    [
      "a blue-green switch by itself",
      { blueGreen: { activeService: "web" } },
      { rollout: "blue-green", steps: "100:30s", services: "web" },
    ],
    ["no steps", { canary: {} }, {}],
  ] as const) {
    it(`carries ${what}`, () => {
      const keys = Object.fromEntries(
        Object.entries(expected).map(([key, value]) => [`serin.dev/${key}`, value]),
      );
      expect(annotationsOf(converted([rollout(strategy)]))).to.deep.equal(keys);
    });
  }

  it("writes the whole Deployment where the Rollout has the template", () => {
    const labels = { app: "web" };
    const pods = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app:v1" }] } };
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { maxSurge: "25%", maxUnavailable: 0 }), {
        workloadRef: undefined,
        replicas: 4,
        selector: { matchLabels: labels },
        template: pods,
        minReadySeconds: 5,
        revisionHistoryLimit: 3,
      }),
    ]);
    expect(fileOf(found, "deployment.yaml")).to.deep.equal([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
          name: "web",
          namespace: "shop",
          annotations: { "serin.dev/rollout": "canary", "serin.dev/steps": "10" },
        },
        spec: {
          replicas: 4,
          selector: { matchLabels: labels },
          template: pods,
          minReadySeconds: 5,
          revisionHistoryLimit: 3,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
        },
      },
    ]);
  });

  it("carries metrics as templates, with their arguments and limits", () => {
    const found = converted([
      rollout(
        canary(
          [
            { setWeight: 10 },
            {
              analysis: {
                ...analysis,
                args: [
                  { name: "service", value: "web-preview" },
                  { name: "error-code", value: "5.." },
                ],
              },
            },
          ],
          {
            canaryService: "web-preview",
            stableService: "web",
          },
        ),
      ),
      template(
        [
          {
            name: "errors",
            interval: "2m",
            successCondition: "result[0] <= 0.05",
            failureCondition: "result[0] >= 0.2",
            failureLimit: 3,
            provider: prometheus('sum(rate(r{svc="{{args.service}}",code=~"{{ args.error-code }}"}[2m]))'),
          },
          {
            name: "p99",
            successCondition: "isNaN(result[0]) || result[0] < 2",
            provider: prometheus('max(x{pod=~"{{args.service}}.*"})'),
          },
        ],
        { args: [{ name: "service" }, { name: "error-code" }] },
      ),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal("errors <= 0.05, metric-p99 < 2");
    const [errors] = fileOf(found, "templates.yaml") as readonly { data: object }[];
    expect(errors?.data).to.deep.equal({
      interval: "2m",
      variables: "error_code: 5..\n",
      query: 'sum(rate(r{svc="{{ service }}-canary",code=~"{{ variables.error_code }}"}[2m]))',
    });
  });

  it("leaves out what only runs dry, and names what it cannot ask", () => {
    const metric = (name: string, rest: object) => ({ name, successCondition: "result <= 1", ...rest });
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { analysis })),
      template(
        [
          metric("dry", { provider: prometheus("q") }),
          metric("job", { provider: { job: {} } }),
          metric("text", { successCondition: 'result == "ok"', provider: prometheus("q") }),
          metric("hash", { provider: prometheus('q{hash="{{args.hash}}"}') }),
          metric("web", {
            provider: { web: { url: "https://example.test/rate?x=1", jsonPath: "{$.data.items[0].rate}" } },
          }),
          metric("post", { provider: { web: { url: "https://example.test/", method: "POST" } } }),
        ],
        {
          dryRun: [{ metricName: "dry" }],
          args: [{ name: "hash", valueFrom: { podTemplateHashValue: "Latest" } }],
        },
      ),
    ]);
    expect(annotationsOf(found)["serin.dev/checks"]).to.equal(undefined);
    const lost = saidOf(found, "not").join("\n");
    for (const part of [
      "metric job: Serin has no provider job",
      'result == "ok"',
      "is the hash of a version",
      "Serin sends a plain GET: not POST",
    ])
      expect(lost).to.contain(part);
    expect(saidOf(found, "differs").join("\n")).to.contain("metric dry is left out");
  });

  it("reads a number out of JSON by a pointer", () => {
    const found = converted([
      rollout(canary([{ setWeight: 10 }], { analysis })),
      template([
        {
          name: "rate",
          successCondition: "result <= 1",
          provider: { web: { url: "https://example.test/rate?x=1", jsonPath: "{$.data.items[0].rate}" } },
        },
      ]),
    ]);
    const [rate] = fileOf(found, "templates.yaml") as readonly { data: object }[];
    expect(rate?.data).to.deep.equal({ source: "http", query: "rate?x=1#/data/items/0/rate" });
    expect(saidOf(found, "admin").join("\n")).to.contain("provider: http, address: https://example.test");
  });

  it("reads limits out of conditions, and no other expression", () => {
    expect(limitsOfSuccess("result[0] >= 0.95")).to.deep.equal([">= 0.95"]);
    expect(limitsOfSuccess("len(result) == 0 || result[0] >= 0.95 && result[0] <= 1")).to.deep.equal([
      ">= 0.95",
      "<= 1",
    ]);
    expect(limitsOfSuccess("asFloat(result) < 5")).to.deep.equal(["< 5"]);
    expect(limitsOfFailure("result > 5 || result < 1")).to.deep.equal(["<= 5", ">= 1"]);
    for (const other of [
      'result == "ok"',
      "all(result, {# < 0.5})",
      "result[0] >= 0.95 || true",
      "result.value > 1",
      "",
    ])
      expect(limitsOfSuccess(other), other).to.equal(undefined);
    expect(limitsOfFailure("result[0] > 5 && result[0] < 9")).to.equal(undefined);
  });

  it("names another workload, and a plugin that shifts other routes", () => {
    const other = converted([
      rollout(canary([{ setWeight: 10 }]), { workloadRef: { kind: "ReplicaSet", name: "web" } }),
    ]);
    expect(other.files).to.deep.equal([]);
    const plugin = {
      plugins: { "argoproj-labs/gatewayAPI": { tcpRoutes: [{ name: "a" }] }, "some/other": {} },
    };
    const lost = saidOf(
      converted([rollout(canary([{ setWeight: 10 }], { trafficRouting: plugin }))]),
      "not",
    ).join("\n");
    expect(lost)
      .to.contain("tcpRoutes: Serin shifts HTTPRoutes and GRPCRoutes only")
      .and.contain("some/other");
  });
});
