import { runAtOnce } from "./at-once.ts";
import type { Daemon } from "./daemon.ts";
import { startEnvoyGateway } from "./envoy-gateway.ts";
import { type BuiltIn, builtIn, envoyGateways, type GatewayName } from "./gateways.ts";
import { startIstio } from "./istio.ts";
import { insideNamespace } from "./namespace.ts";
import { type ClusterSettings, cluster, endRun, stopCluster } from "./shared.ts";

export { cluster } from "./shared.ts";

const START_MS = 120_000;
const STOP_MS = 30_000;

/** Declares tests that need the cluster; mocha skips them outside test/cluster/enter.ts. */
export function describeCluster(title: string, body: (this: Mocha.Suite) => void): Mocha.Suite {
  return describe(title, function () {
    before("starts the cluster", async function () {
      if (!insideNamespace()) return this.skip();
      this.timeout(START_MS);
      await cluster();
    });
    body.call(this);
  });
}

/** The same with a cluster of their own, which differs by these settings. */
export function describeClusterWith(
  settings: ClusterSettings,
  title: string,
  body: (this: Mocha.Suite) => void,
): Mocha.Suite {
  return describe(title, function () {
    before("starts a cluster", async function () {
      if (!insideNamespace()) return this.skip();
      this.timeout(STOP_MS + START_MS);
      await stopCluster();
      await cluster(settings);
    });
    body.call(this);
    after("stops the cluster", async function () {
      this.timeout(STOP_MS);
      await stopCluster();
    });
  });
}

/** Declares tests for Envoy Gateway, once as it is installed and once with mergeBackends. The cluster ends with them. */
export function onEnvoyGateway(
  title: string,
  body: (this: Mocha.Suite, gateway: GatewayName) => void,
): Mocha.Suite {
  return describeCluster("Envoy Gateway", () => {
    let controller: Daemon | undefined;
    before("starts Envoy Gateway", async function () {
      this.timeout(START_MS);
      controller = await startEnvoyGateway(await cluster());
    });
    for (const gateway of envoyGateways) {
      describe(`${title}, on ${gateway}`, function () {
        body.call(this, gateway);
      });
    }
    // Its definitions and proxies would stay in the cluster of the next file.
    after("stops the cluster", async function () {
      this.timeout(STOP_MS);
      await controller?.stop("SIGKILL", 0);
      await stopCluster();
    });
  });
}

/** Declares tests for Istio. The cluster ends with them. */
export function onIstio(title: string, body: (this: Mocha.Suite, gateway: GatewayName) => void): Mocha.Suite {
  return describeCluster(`${title}, on Istio`, function () {
    let istiod: Daemon | undefined;
    before("starts Istio", async function () {
      this.timeout(START_MS);
      istiod = await startIstio(await cluster());
    });
    body.call(this, "istio");
    after("stops the cluster", async function () {
      this.timeout(STOP_MS);
      await istiod?.stop("SIGKILL", 0);
      await stopCluster();
    });
  });
}

/**
 * Declares the same tests once for each gateway that every cluster runs, one gateway after the other; its name is in the
 * title. For tests that disturb the whole cluster.
 */
export function onEachGateway(
  title: string,
  body: (this: Mocha.Suite, gateway: BuiltIn) => void,
): readonly Mocha.Suite[] {
  return builtIn.map((gateway) =>
    describeCluster(`${title}, on ${gateway}`, function () {
      body.call(this, gateway);
    }),
  );
}

/** The same for both gateways at once. For tests that leave everything outside their namespaces alone. */
export function onEachGatewayAtOnce(
  title: string,
  body: (this: Mocha.Suite, gateway: BuiltIn) => void,
): void {
  runAtOnce(onEachGateway(title, body));
}

// This is a root hook, because test files import this file at their top.
after("stops the cluster", async function () {
  this.timeout(STOP_MS);
  await endRun();
});
