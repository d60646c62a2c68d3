import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describeCluster } from "../cluster/fixture.ts";
import { gateways } from "../cluster/gateways.ts";
import { serin } from "./plugin.ts";
import { Shop } from "./shop.ts";

const target = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const weights = { interval: "30s", threshold: 5, maxWeight: 50, stepWeight: 10 };

// The answers come from the API server, so one gateway is enough.
describeCluster("kubectl serin convert", function () {
  this.timeout(120_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("convert");
    await shop.deploy();
  });
  after(() => shop?.close());

  const parent = { name: gateways.traefik.name, namespace: gateways.traefik.namespace };
  const service = {
    port: 80,
    targetPort: "http",
    appProtocol: "http",
    hosts: ["www.example.com"],
    gatewayRefs: [parent],
    match: [
      {
        uri: { prefix: "/api" },
        method: { exact: "GET" },
        headers: { "x-a": { regex: "b.*" } },
        queryParams: { c: { exact: "d" } },
      },
    ],
    rewrite: { uri: "/v2", type: "ReplacePrefixMatch", authority: "api.example.com" },
    headers: {
      request: { add: { "x-b": "c" }, remove: ["x-d"] },
      response: { set: { "cache-control": "no-cache" } },
    },
    mirror: [{ backendRef: { name: "other", port: 80 } }],
    timeout: "5s",
    backendTimeout: "2s",
    apex: { labels: { team: "a" } },
  };
  const canary = (analysis: object) => ({
    apiVersion: "flagger.app/v1beta1",
    kind: "Canary",
    spec: { provider: "gatewayapi:v1", targetRef: target, progressDeadlineSeconds: 120, service, analysis },
  });
  const metrics = [
    { name: "request-success-rate", thresholdRange: { min: 99 } },
    { name: "in flight", query: "sum(in_flight)", thresholdRange: { max: 100 }, interval: "2m" },
  ];
  const rollout = (apiVersion: string, strategy: object) => ({
    apiVersion,
    kind: "Rollout",
    spec: { workloadRef: target, strategy },
  });
  const sources: Readonly<Record<string, { kind: string }>> = {
    "Flagger's weights": canary({ ...weights, metrics, sessionAffinity: { cookieName: "a", maxAge: 3600 } }),
    "Flagger's users": canary({
      interval: "1m",
      iterations: 5,
      metrics,
      match: [{ headers: { "x-canary": { exact: "insider" } } }],
    }),
    "Flagger's switch": canary({ interval: "1m", iterations: 5, metrics }),
    "Argo's steps": rollout("argoproj.io/v1alpha1", {
      canary: {
        stableService: "web",
        steps: [{ setCanaryScale: { replicas: 2 } }, { setWeight: 20 }, { pause: {} }, { setWeight: 60 }],
      },
    }),
    "Argo's switch": rollout("argoproj.io/v1alpha1", {
      blueGreen: { activeService: "web", autoPromotionEnabled: false },
    }),
    "Kruise's steps": rollout("rollouts.kruise.io/v1beta1", {
      canary: {
        trafficRoutings: [{ service: "web", gateway: { httpRouteName: "web" } }],
        steps: [{ traffic: "20%", replicas: "20%", pause: {} }],
      },
    }),
  };

  for (const [what, source] of Object.entries(sources)) {
    it(`writes what the API server and Serin's webhook take: ${what}`, async () => {
      const folder = mkdtempSync(join(shop.cluster.dir, "convert-"));
      const file = join(folder, "source.json");
      writeFileSync(
        file,
        JSON.stringify({ ...source, metadata: { name: "web", namespace: shop.namespace } }),
      );
      const { code, stderr } = await serin(shop, "convert", "-f", file, "-o", folder);
      expect(code, stderr).to.equal(0);
      const written = join(folder, shop.namespace, "web");
      const files = readdirSync(written).filter((name) => name.endsWith(".yaml"));
      expect(files).to.include("deployment-patch.yaml");
      for (const name of files) {
        const path = join(written, name);
        const command =
          name === "deployment-patch.yaml"
            ? ["patch", "deployment/web", "--patch-file", path]
            : ["apply", "--server-side", "--force-conflicts", "-f", path];
        // Templates are in Serin's namespace.
        const output =
          name === "templates.yaml"
            ? await shop.cluster.kubectl([...command, "--dry-run=server"])
            : await shop.kubectl(...command, "--dry-run=server");
        expect(output.code, `${name}: ${output.stderr}`).to.equal(0);
        expect(output.stderr, name).not.to.contain("unknown field");
      }
    });
  }
});
