/** `node test/cluster/enter.ts bench/gateways/test-cluster.ts NAME TURNS`: the check on a gateway of the tests' cluster. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { ports } from "../../test/cluster/addresses.ts";
import { startCluster } from "../../test/cluster/cluster.ts";
import type { Daemon } from "../../test/cluster/daemon.ts";
import { startEnvoyGateway } from "../../test/cluster/envoy-gateway.ts";
import { titleOf } from "../../test/cluster/gateway-title.ts";
import { type GatewayName, gateways } from "../../test/cluster/gateways.ts";
import { startIstio } from "../../test/cluster/istio.ts";
import { receivedBy } from "../../test/cluster/received.ts";
import type { CheckPods } from "./checked-route.ts";
import { check, textOf } from "./report.ts";

/** The longest wait after a change, in ms: these gateways have one proxy each. */
const HOLD_MS = 2_500;
/** By then, Prometheus has scraped the gateway, in ms. */
const SCRAPED_MS = 5_000;
const log = (text: string) => console.error(`gateway-check: ${text}`);

const [name = "", turns = "8"] = process.argv.slice(2);
if (!(name in gateways))
  throw new Error(`--gateway ${name}: not a gateway of the tests: use ${Object.keys(gateways).join(", ")}`);
const gateway = name as GatewayName;
const cluster = await startCluster({ dir: mkdtempSync(join(tmpdir(), "serin-gateways-")), log });
const controller = await startController();
try {
  const { url, namespace, name: parent } = cluster.gateways[gateway];
  const target = {
    api: cluster.api,
    url,
    parent: { namespace, name: parent },
    pods: appPods(),
    holdMs: HOLD_MS,
  };
  const report = await check(target, { gateway: titleOf(gateway), turns: Number(turns), log, seriesOf });
  console.error(textOf(report));
  console.log(JSON.stringify(report, undefined, 2));
} finally {
  await controller?.stop("SIGKILL", 0);
  await cluster.stop();
}
process.exit(0);

/** What the cluster does not start by itself. */
async function startController(): Promise<Daemon | undefined> {
  if (gateway === "istio") return startIstio(cluster);
  return gateway.startsWith("envoy-gateway") ? startEnvoyGateway(cluster) : undefined;
}

function appPods(): CheckPods {
  return {
    manifests: (version) => {
      const labels = { app: version };
      const container = {
        name: "app",
        image: `app:${version}`,
        ports: [
          { name: "http", containerPort: ports.app },
          { name: "grpc", containerPort: ports.grpc },
        ],
      };
      const template = { metadata: { labels }, spec: { containers: [container] } };
      const spec = { replicas: 2, selector: { matchLabels: labels }, template };
      return [{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: version }, spec }];
    },
    received: async (namespace, version) => (await receivedBy({ namespace, version })).requests,
  };
}

/** A series with the check's namespace and a version in its labels, or of a rule if it has none. */
async function seriesOf(namespace: string): Promise<Readonly<Record<string, string>>> {
  const counter = gateway === "traefik" ? "traefik_service_requests_total" : "envoy_cluster_upstream_rq";
  await sleep(SCRAPED_MS);
  const query = new URLSearchParams({ query: counter });
  const { body } = await request(`${cluster.prometheusUrl}/api/v1/query?${query}`);
  const { data } = (await body.json()) as { data: { result: { metric: Record<string, string> }[] } };
  const names = data.result
    .map(({ metric }) => metric.service ?? metric.envoy_cluster_name ?? metric.cluster_name ?? "")
    .filter((one) => one.includes(namespace));
  const of = (version: string) => names.find((one) => new RegExp(`[-_/|]${version}([-_/.]|$)`).test(one));
  return Object.fromEntries(
    ["v1", "v2"].map((version) => [version, of(version) ?? `none of its own: ${names[0] ?? ""}`]),
  );
}
