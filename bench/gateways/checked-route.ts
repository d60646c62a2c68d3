import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../../test/cluster/api.ts";
import { type Load, startLoad } from "../../test/cluster/load.ts";
import type { Summary } from "../../test/cluster/record.ts";

/** The versions of the check's backends. Each is a Service, port 80, and the Deployment behind it. */
const versions = ["v1", "v2"] as const;

type Version = (typeof versions)[number];

/** The pods of a version. */
export interface CheckPods {
  /** The Deployment and what it needs, as objects of the namespace. Their answers have the header `x-version`. */
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
  readonly #path: string;

  private constructor(target: CheckTarget, namespace: string) {
    this.target = target;
    this.namespace = namespace;
    this.host = `check.${namespace}.example`;
    this.#path = `${API}/namespaces/${namespace}/httproutes/check`;
  }

  /** Makes the objects and waits until version v1 answers through the gateway. Throws after two minutes. */
  static async open(target: CheckTarget): Promise<CheckedRoute> {
    const { api, pods, parent } = target;
    const namespace = `serin-gateway-check-${Date.now().toString(36)}`;
    const route = new CheckedRoute(target, namespace);
    await api.demand("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    for (const object of versions.flatMap((version) => [...pods.manifests(version), service(version)]))
      await api.demand("POST", collectionOf(object as Kinded, namespace), object);
    await api.demand("POST", `${API}/namespaces/${namespace}/httproutes`, {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "check" },
      spec: {
        parentRefs: [parent],
        hostnames: [route.host],
        rules: [{ backendRefs: [ref("v1", 50), ref("v2", 50)] }],
      },
    });
    await route.#serves();
    return route;
  }

  /** Removes the namespace. */
  async close(): Promise<void> {
    await this.target.api.request("DELETE", `/api/v1/namespaces/${this.namespace}`);
  }

  /** Writes the route's rules; returns how long (ms) its status took to be current, or `undefined` if it never was. */
  async write(rules: readonly object[]): Promise<number | undefined> {
    const { api } = this.target;
    const { metadata } = await api.demand<Route>("PATCH", this.#path, { spec: { rules } });
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
    const { status } = await this.target.api.demand<Route>("GET", this.#path);
    return (status?.parents ?? []).flatMap(({ conditions }) => conditions);
  }

  /** A steady load on the route. */
  load(rps: number, headers?: Readonly<Record<string, string>>): Load {
    return startLoad({ url: this.target.url, host: this.host, rps, ...(headers && { headers }) });
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

function service(version: Version): object {
  const ports = [{ name: "http", port: 80, targetPort: "http" }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: version },
    spec: { selector: { app: version }, ports },
  };
}

function collectionOf({ kind }: Kinded, namespace: string): string {
  const group = kind === "Deployment" ? "/apis/apps/v1" : "/api/v1";
  return `${group}/namespaces/${namespace}/${kind.toLowerCase()}s`;
}
