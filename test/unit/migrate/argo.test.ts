import { expect } from "chai";
import { rolloutFields } from "../../../migrate/argo/fields.ts";
import { shiftedRoutes } from "../../../migrate/argo/routes.ts";
import { analysisTemplateFields } from "../../../migrate/argo/template-fields.ts";
import { canary, rollout } from "./argo-rollouts.ts";
import { annotationsOf, converted, fileOf, saidOf } from "./canaries.ts";
import { crdPaths, expectCovered } from "./crd-fields.ts";

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

  it("keeps at most twenty of many steps: the only pause, the first and the last weight, and the time of all", () => {
    const many = Array.from({ length: 50 }, (_, i) => [
      { setWeight: 2 * (i + 1) },
      { pause: i === 24 ? {} : { duration: "1m" } },
    ]);
    const found = converted([rollout(canary(many.flat()))]);
    const steps = annotationsOf(found)["serin.dev/steps"]?.split(", ") ?? [];
    expect(steps).to.have.length(20).and.include("pause");
    expect(steps[0]).to.equal("2:1m");
    expect(steps.at(-1)).to.match(/^100:/);
    const minutes = steps.map((step) => Number(/:(\d+)m/.exec(step)?.[1] ?? 0));
    expect(minutes.reduce((sum, each) => sum + each)).to.equal(49);
    expect(saidOf(found, "differs").join("\n")).to.contain("20 of 51 steps are kept");
  });

  it("writes the whole Deployment where the Rollout has the template", () => {
    const labels = { app: "web" };
    const pods = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app:v1" }] } };
    const annotations = {
      "reloader.example.com/auto": "true",
      "rollout.argoproj.io/revision": "4",
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      "notifications.argoproj.io/subscribe.on-completed.slack": "a",
    };
    const source = rollout(canary([{ setWeight: 10 }], { maxSurge: "25%", maxUnavailable: 0 }), {
      workloadRef: undefined,
      replicas: 4,
      selector: { matchLabels: labels },
      template: pods,
      minReadySeconds: 5,
      revisionHistoryLimit: 3,
    });
    const found = converted([{ ...source, metadata: { ...(source.metadata as object), annotations } }]);
    expect(fileOf(found, "deployment.yaml")).to.deep.equal([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: {
          name: "web",
          namespace: "shop",
          annotations: {
            "reloader.example.com/auto": "true",
            "serin.dev/rollout": "canary",
            "serin.dev/steps": "10",
          },
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

  it("names another workload, and a plugin that shifts other routes", () => {
    const other = converted([
      rollout(canary([{ setWeight: 10 }]), { workloadRef: { kind: "ReplicaSet", name: "web" } }),
    ]);
    expect(other.files).to.deep.equal([]);
    const plugin = {
      plugins: {
        "argoproj-labs/gatewayAPI": {
          tcpRoutes: [{ name: "a" }],
          httpRouteSelector: {},
          useHeaderRoutes: true,
        },
        "some/other": {},
      },
    };
    const found = converted([rollout(canary([{ setWeight: 10 }], { trafficRouting: plugin }))]);
    expect(saidOf(found, "not").join("\n"))
      .to.contain("tcpRoutes: Serin shifts HTTPRoutes and GRPCRoutes only")
      .and.contain("some/other");
    expect(saidOf(found, "differs").join("\n"))
      .to.contain("httpRouteSelector: Serin shifts every route that names the Service")
      .and.contain("useHeaderRoutes: not needed");
  });

  it("names a weight that is too small for an annotation", () => {
    const steps = [{ setWeight: 0 }, { setWeight: 4 }, { setWeight: 50_000 }];
    const found = converted([rollout(canary(steps, { trafficRouting: { maxTrafficWeight: 100_000 } }))]);
    expect(annotationsOf(found)["serin.dev/steps"]).to.equal("50");
    const said = saidOf(found, "differs").filter((says) => says.includes("is left out"));
    expect(said.join("\n")).to.match(/^\S+: 4 of 100000 is left out: less than 0\.01 %$/);
  });

  it("shifts the routes of its own namespace only, unless the plugin names another one", () => {
    const settings = { httpRoute: "a", grpcRoutes: [{ name: "b" }] };
    const shifted = (more: object) =>
      shiftedRoutes({ "argoproj-labs/gatewayAPI": { ...settings, ...more } }, "shop");
    expect(shifted({})).to.deep.equal(["a", "b"]);
    expect(shifted({ namespace: "shop" })).to.deep.equal(["a", "b"]);
    expect(shifted({ namespace: "edge" })).to.deep.equal([]);
  });

  it("says what a Rollout without trafficRouting becomes", () => {
    const bare = converted([rollout(canary([{ setWeight: 10 }]))]);
    expect(saidOf(bare, "differs").join("\n")).to.contain("without trafficRouting");
    const blueGreen = converted([rollout({ blueGreen: { activeService: "web" } })]);
    expect(saidOf(blueGreen, "differs").join("\n")).to.contain("an HTTPRoute or GRPCRoute must name");
  });
});
