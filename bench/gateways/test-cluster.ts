/** `node test/cluster/enter.ts bench/gateways/test-cluster.ts NAME TURNS`: the check on a gateway of the tests' cluster. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkGateway, linesOfReport } from "../../conformance/report.ts";
import { prometheus } from "../../evidence/prometheus.ts";
import { connect } from "../../kube/client/connect.ts";
import { fromKubeConfig, mergedConfig } from "../../kube/client/kubeconfig.ts";
import { systemClock } from "../../kube/core/clock.ts";
import { startCluster } from "../../test/cluster/cluster.ts";
import type { Daemon } from "../../test/cluster/daemon.ts";
import { startEnvoyGateway } from "../../test/cluster/envoy-gateway.ts";
import { titleOf } from "../../test/cluster/gateway-title.ts";
import { type GatewayName, gateways } from "../../test/cluster/gateways.ts";
import { startIstio } from "../../test/cluster/istio.ts";

/** The longest wait after a change, in ms: these gateways have one proxy each. */
const HOLD_MS = 2_500;
const NAMESPACE = "gateway-check";
const log = (text: string) => console.error(`gateway-check: ${text}`);

const [name = "", turns = "8"] = process.argv.slice(2);
if (!(name in gateways))
  throw new Error(`--gateway ${name}: not a gateway of the tests: use ${Object.keys(gateways).join(", ")}`);
const gateway = name as GatewayName;
const cluster = await startCluster({ dir: mkdtempSync(join(tmpdir(), "serin-gateways-")), log });
const controller = await startController();
const kube = connect({
  fieldManager: "gateway-check",
  userAgent: "gateway-check",
  load: () => fromKubeConfig(mergedConfig([cluster.kubeconfig])),
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
});
try {
  await cluster.api.demand("POST", "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const { url, namespace, name: parent } = cluster.gateways[gateway];
  const target = {
    kube,
    clock: systemClock,
    namespace: NAMESPACE,
    url,
    parent: { namespace, name: parent },
    domain: "example",
    holdMs: HOLD_MS,
    signal: new AbortController().signal,
  };
  const report = await checkGateway(target, {
    gateway: titleOf(gateway),
    turns: Number(turns),
    // The kubelet of the tests runs it with its own node.
    image: "node:24-alpine",
    log,
    prometheus: prometheus({ url: cluster.prometheusUrl }),
  });
  console.error(linesOfReport(report).join("\n"));
  console.log(JSON.stringify(report, undefined, 2));
} finally {
  await kube.close();
  await controller?.stop("SIGKILL", 0);
  await cluster.stop();
}
process.exit(0);

/** What the cluster does not start by itself. */
async function startController(): Promise<Daemon | undefined> {
  if (gateway === "istio") return startIstio(cluster);
  return gateway.startsWith("envoy-gateway") ? startEnvoyGateway(cluster) : undefined;
}
