import { setTimeout as sleep } from "node:timers/promises";
import { conditionOf } from "../kube/core/meta.ts";
import type { Route } from "../kube/core/routes.ts";
import type { Deployment } from "../kube/core/workloads.ts";
import { CONDITION } from "../rollout/keys.ts";
import { shareOf } from "../rollout/traffic/route-record.ts";
import { holdRecordOf } from "../rollout/workload/hold-record.ts";
import type { Cluster } from "../test/cluster/cluster.ts";
import type { Output } from "../test/cluster/kubectl.ts";
import { type Load, startLoad } from "../test/cluster/load.ts";

/** The traffic of one version in the last seconds. Shares are from 0 to 1. */
export interface Traffic {
  readonly version: string;
  /** Requests per second. */
  readonly rps: number;
  /** The share of all requests. */
  readonly share: number;
  readonly successRate: number | undefined;
}

/** The shop at one moment. */
export interface View {
  /** The canary's share of the traffic in the route, in percent; undefined if the route does not name it. */
  readonly weight: number | undefined;
  readonly inFlight: boolean;
  /** The reason of the condition `Canary`, and the reason with the message; empty without a condition. */
  readonly reason: string;
  readonly report: string;
  /** Every version that answered in the last seconds. */
  readonly traffic: readonly Traffic[];
}

const DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web";
const ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/web";
const REQUESTS_PER_SECOND = 200;
const WINDOW_MS = 2_000;
const LOOK_EVERY_MS = 250;

/** The application of demo/web.yaml with users. */
export class Shop {
  readonly #cluster: Cluster;
  readonly #load: Load;

  private constructor(cluster: Cluster, load: Load) {
    this.#cluster = cluster;
    this.#load = load;
  }

  /** Deploys it, waits until it serves, and starts the users' requests. Throws an Error with kubectl's message. */
  static async open(cluster: Cluster): Promise<Shop> {
    for (const command of ["apply -f demo/web.yaml", "rollout status deployment/web --timeout=60s"]) {
      const { code, stderr } = await cluster.kubectl(command.split(" "));
      if (code !== 0) throw new Error(`kubectl ${command}: ${stderr}`);
    }
    await untilServed(cluster.gatewayUrl);
    const load = startLoad({ url: cluster.gatewayUrl, host: "web.example", rps: REQUESTS_PER_SECOND });
    return new Shop(cluster, load);
  }

  /** Runs a command as a user types it. Returns whatever the exit status is. */
  kubectl(command: string): Promise<Output> {
    return this.#cluster.kubectl(command.split(" "));
  }

  /** The current view. The condition counts only if it is from `since` (ms since the epoch) or later. */
  async look(since: number): Promise<View> {
    const [deployment, route] = await Promise.all([
      this.#cluster.api.demand<Deployment>("GET", DEPLOYMENT),
      this.#cluster.api.demand<Route>("GET", ROUTE),
    ]);
    const condition = conditionOf(deployment.status?.conditions, CONDITION);
    const isNew = Date.parse(condition?.lastUpdateTime ?? "") >= Math.floor(since / 1_000) * 1_000;
    const { reason = "", message = "" } = isNew ? (condition ?? {}) : {};
    return {
      weight: shareOf(route, deployment.metadata.uid ?? "")?.weight,
      inFlight: holdRecordOf(deployment) !== undefined,
      reason,
      report: reason && `${reason}: ${message}`,
      traffic: this.#traffic(),
    };
  }

  /** Requests and failures since an instant (ms). */
  since(from: number): { readonly total: number; readonly failed: number } {
    return this.#load.since(from);
  }

  /** Until it is worth looking again. */
  pause(): Promise<void> {
    return sleep(LOOK_EVERY_MS);
  }

  async close(): Promise<void> {
    await this.#load.stop();
  }

  #traffic(): Traffic[] {
    // The newest requests have no answer yet.
    const to = performance.timeOrigin + performance.now() - 100;
    const answers = [...this.#load.rows(to - WINDOW_MS, to)];
    const byVersion = Object.entries(Object.groupBy(answers, ({ version }) => version));
    return byVersion.map(([version, own = []]) => ({
      version,
      rps: own.length / (WINDOW_MS / 1_000),
      share: own.length / answers.length,
      successRate: own.filter(({ status }) => status === 200).length / own.length,
    }));
  }
}

/** Waits for the gateway, which needs a moment to apply a new route. */
async function untilServed(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const probe = startLoad({ url, host: "web.example", rps: 100 });
    await sleep(100);
    const { total, failed } = await probe.stop();
    if (total > 0 && failed === 0) return;
  }
  throw new Error("the gateway does not serve web.example");
}
