import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../../test/cluster/api.ts";
import { startGrpcLoad } from "../../test/cluster/grpcLoad.ts";
import { type Load, startLoad } from "../../test/cluster/load.ts";
import type { Row, Summary } from "../../test/cluster/record.ts";

/** The versions of the check's backends. Each is a Service, port 80, and the Deployment behind it. */
const versions = ["v1", "v2"] as const;

type Version = (typeof versions)[number];

/** What a route carries. */
type Protocol = "http" | "grpc";

/** The kind of route, the port of its Services, and the status of a good answer. */
const protocols = {
  http: { kind: "HTTPRoute", port: { name: "http", port: 80, targetPort: "http" }, good: 200 },
  // Without the field, a gateway would speak HTTP/1.1 to the pods.
  grpc: {
    kind: "GRPCRoute",
    port: { name: "grpc", port: 80, targetPort: "grpc", appProtocol: "kubernetes.io/h2c" },
    good: 0,
  },
} as const;

/** The pods of a version. */
export interface CheckPods {
  /**
   * The Deployment and what it needs, as objects of the namespace. Its ports have the names of the protocols, and every answer
   * has the header `x-version`.
   */
  manifests(version: Version): readonly object[];
  /** How many requests the pods of a version have received, copies included. */
  received(namespace: string, version: Version): Promise<number>;
}

/** A gateway, and the cluster in which it is. */
export interface CheckTarget {
  readonly api: Api;
  /** Where the Gateway answers, without a path. */
  readonly url: string;
  /** The Gateway. */
  readonly parent: { readonly namespace: string; readonly name: string };
  readonly pods: CheckPods;
  /** How long (ms) the check waits after a change before it counts. */
  readonly holdMs: number;
}

/** A condition of a route, as its gateway wrote it. */
export interface RouteCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

interface Route {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly parents?: readonly { readonly conditions: readonly RouteCondition[] }[] };
}

const API = "/apis/gateway.networking.k8s.io/v1";
const READY_MS = 120_000;
const STATUS_MS = 15_000;
const LOOK_MS = 5;

/** A namespace with both versions and one route, until it is closed. */
export class CheckedRoute {
  readonly target: CheckTarget;
  readonly namespace: string;
  readonly host: string;
  readonly #protocol: Protocol;
  readonly #routes: string;

  private constructor(target: CheckTarget, protocol: Protocol) {
    this.target = target;
    this.namespace = `serin-gateway-check-${Date.now().toString(36)}`;
    this.host = `check.${this.namespace}.example`;
    this.#protocol = protocol;
    this.#routes = `${API}/namespaces/${this.namespace}/${protocols[protocol].kind.toLowerCase()}s`;
  }

  /** Makes the objects and waits until both versions answer through the gateway. Throws after two minutes. */
  static async open(target: CheckTarget, protocol: Protocol = "http"): Promise<CheckedRoute> {
    const route = new CheckedRoute(target, protocol);
    try {
      await route.#make();
      await route.#serves();
    } catch (error) {
      await route.close();
      throw error;
    }
    return route;
  }

  async #make(): Promise<void> {
    const { api, pods, parent } = this.target;
    const { kind, port } = protocols[this.#protocol];
    await api.demand("POST", "/api/v1/namespaces", { metadata: { name: this.namespace } });
    for (const object of versions.flatMap((version) => [...pods.manifests(version), service(version, port)]))
      await api.demand("POST", collectionOf(object as Kinded, this.namespace), object);
    await api.demand("POST", this.#routes, {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind,
      metadata: { name: "check" },
      spec: {
        parentRefs: [parent],
        hostnames: [this.host],
        rules: [{ backendRefs: [ref("v1", 50), ref("v2", 50)] }],
      },
    });
  }

  /** Removes the namespace. */
  async close(): Promise<void> {
    await this.target.api.request("DELETE", `/api/v1/namespaces/${this.namespace}`);
  }

  /** Writes the route's rules; returns how long (ms) its status took to be current, or `undefined` if it never was. */
  async write(rules: readonly object[]): Promise<number | undefined> {
    const { api } = this.target;
    const { metadata } = await api.demand<Route>("PATCH", `${this.#routes}/check`, { spec: { rules } });
    const at = performance.now();
    while (performance.now() - at < STATUS_MS) {
      const conditions = await this.conditions();
      const isCurrent = ({ observedGeneration = 0 }: RouteCondition) =>
        observedGeneration >= (metadata.generation ?? 0);
      if (conditions.length > 0 && conditions.every(isCurrent)) return performance.now() - at;
      await sleep(LOOK_MS);
    }
    return undefined;
  }

  /** Writes the rules and waits until they must be in force. */
  async apply(rules: readonly object[]): Promise<void> {
    await this.write(rules);
    await sleep(this.target.holdMs);
  }

  /** What the gateway says about the route now. */
  async conditions(): Promise<readonly RouteCondition[]> {
    const { status } = await this.target.api.demand<Route>("GET", `${this.#routes}/check`);
    return (status?.parents ?? []).flatMap(({ conditions }) => conditions);
  }

  /** A steady load on the route. */
  load(rps: number, headers?: Readonly<Record<string, string>>): Load {
    const options = { url: this.target.url, host: this.host, rps };
    if (this.#protocol === "grpc") return startGrpcLoad(options);
    return startLoad({ ...options, ...(headers && { headers }) });
  }

  /** Whether the gateway answered a request of a load itself, or broke it. */
  isLost({ status, version }: Row): boolean {
    return status !== protocols[this.#protocol].good || version === "";
  }

  /** Sends at least this many requests and counts their answers. */
  async send(count: number, headers?: Readonly<Record<string, string>>): Promise<Summary> {
    const load = this.load(400, headers);
    while (load.since(0).total < count) await sleep(20);
    return load.stop();
  }

  async #serves(): Promise<void> {
    const until = performance.now() + READY_MS;
    while (performance.now() < until) {
      const { failed, byVersion } = await this.send(40);
      if (failed === 0 && versions.every((version) => (byVersion[version] ?? 0) > 0)) return;
      await sleep(500);
    }
    throw new Error(`Gateway ${this.target.parent.name} does not serve the route of ${this.namespace}`);
  }
}

/** A backend of a rule. */
export function ref(version: Version, weight: number, more: object = {}): object {
  return { name: version, port: 80, weight, ...more };
}

interface Kinded {
  readonly kind: string;
}

function service(version: Version, port: object): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: version },
    spec: { selector: { app: version }, ports: [port] },
  };
}

function collectionOf({ kind }: Kinded, namespace: string): string {
  const group = kind === "Deployment" ? "/apis/apps/v1" : "/api/v1";
  return `${group}/namespaces/${namespace}/${kind.toLowerCase()}s`;
}
