import type { Kube } from "../kube/client/api.ts";
import type { Clock } from "../kube/core/clock.ts";
import { messageOf } from "../kube/core/error-message.ts";
import type { Condition } from "../kube/core/meta.ts";
import type { ParentRef, Route, RouteKind, RouteRule } from "../kube/core/routes.ts";
import type { Gateway } from "../rollout/gateways/gateway.ts";
import { gatewaysOf } from "../rollout/gateways/lookup.ts";
import type { Backend } from "../rollout/gateways/metrics/backend.ts";
import { unknownGateway } from "../rollout/gateways/unknown.ts";
import { isAnswer } from "../rollout/traffic/route-status.ts";
import { type GatewayClient, type GatewayRequest, httpClient, type Reply } from "./client.ts";
import { grpcClient } from "./grpc-client.ts";
import { backendOf, type CheckObject, checkedRoute, checkVersions } from "./objects.ts";
import { type Exchange, steadyLoad } from "./steady-load.ts";
import { describeReply, saidOf, unreadyVersions } from "./unserved.ts";

/** A Gateway, and the namespace in which the check makes its objects. */
export interface CheckTarget {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly namespace: string;
  /** Where the Gateway answers, without a path. */
  readonly url: string;
  /** The Gateway, seen from the namespace. */
  readonly parent: ParentRef;
  /** The domain of the routes' hosts. */
  readonly domain: string;
  /** How long (ms) the check waits after a change before it counts; absent: as long as Serin does for this gateway. */
  readonly holdMs?: number | undefined;
  /** Ends the check. */
  readonly signal: AbortSignal;
}

/** The status of a good answer. */
const GOOD = { HTTPRoute: 200, GRPCRoute: 0 } as const;
/** The longest wait (ms) for the status of a route. */
export const STATUS_MS = 15_000;
const LOOK_MS = 10;
const RETRY_MS = 500;
/** The most requests a second that the check sends. */
export const MOST_RPS = 400;

/** One route of the check, which serves. */
export class CheckedRoute {
  readonly target: CheckTarget;
  readonly kind: RouteKind;
  readonly #client: GatewayClient;
  readonly #made: CheckObject;
  #gateway: Gateway = unknownGateway;

  /** Makes the route and waits until both versions answer through the gateway. Throws after `patienceMs`. */
  static async open(target: CheckTarget, kind: RouteKind, patienceMs: number): Promise<CheckedRoute> {
    const route = new CheckedRoute(target, kind, target.clock.now().toString(36));
    try {
      await target.kube.create(route.#made.resource, { namespace: target.namespace }, route.#made.body);
      await route.#serves(patienceMs);
    } catch (error) {
      await route.close();
      throw error;
    }
    return route;
  }

  private constructor(target: CheckTarget, kind: RouteKind, run: string) {
    this.target = target;
    this.kind = kind;
    // No proxy knows the host of another run.
    const host = `serin-check-${kind.toLowerCase()}-${run}.${target.domain}`;
    this.#client = kind === "GRPCRoute" ? grpcClient(target.url, host) : httpClient(target.url, host);
    // Its pending requests end with it.
    target.signal.addEventListener("abort", () => void this.close(), { once: true });
    this.#made = checkedRoute(kind, { parent: target.parent, host });
  }

  /** Ends its connections. The route goes with the other objects. */
  close(): Promise<void> {
    return this.#client.close();
  }

  /** What Serin knows of the gateway. */
  get gateway(): Gateway {
    return this.#gateway;
  }

  /** How long (ms) to wait after a change. */
  get holdMs(): number {
    return this.target.holdMs ?? this.#gateway.settleMs;
  }

  sleep(ms: number): Promise<void> {
    return this.target.clock.sleep(ms, this.target.signal);
  }

  /** Writes the route's rules; returns how long (ms) its status took to be current, or `undefined` if it never was. */
  async write(rules: readonly RouteRule[]): Promise<number | undefined> {
    const { kube, clock } = this.target;
    const written = await kube.mergePatch<Route>(this.#made.resource, this.#where, { spec: { rules } });
    const at = clock.now();
    while (clock.now() - at < STATUS_MS) {
      const conditions = await this.conditions();
      const isCurrent = ({ observedGeneration = 0 }: Condition) =>
        observedGeneration >= (written.metadata.generation ?? 0);
      if (conditions.length > 0 && conditions.every(isCurrent)) return clock.now() - at;
      await this.sleep(LOOK_MS);
    }
    return undefined;
  }

  /** Writes the rules and waits until they must be in force. */
  async apply(rules: readonly RouteRule[]): Promise<void> {
    await this.write(rules);
    await this.sleep(this.holdMs);
  }

  /** What the gateway says about the route now. */
  async conditions(): Promise<readonly Condition[]> {
    const { status } = await this.#read();
    return (status?.parents ?? []).filter(isAnswer).flatMap(({ conditions = [] }) => conditions);
  }

  /** Sends one request; a failure is a reply as well. Throws the signal's reason when it aborts. */
  async ask(request?: GatewayRequest): Promise<Reply> {
    const { signal } = this.target;
    signal.throwIfAborted();
    try {
      return await this.#client.ask(request);
    } catch (error) {
      signal.throwIfAborted();
      return { status: 0, version: "", cookies: [], text: "", failure: messageOf(error) };
    }
  }

  /** Sends `rps` requests a second until `during` ends; returns them all. */
  async under(rps: number, during: (exchanges: readonly Exchange[]) => Promise<void>) {
    const exchanges: Exchange[] = [];
    const ended = new AbortController();
    const { clock } = this.target;
    const load = steadyLoad({ clock, rps, send: () => this.ask() }, exchanges, ended.signal);
    try {
      await during(exchanges);
    } finally {
      ended.abort();
      await load;
    }
    return exchanges;
  }

  /** Sends at least this many requests. */
  send(count: number): Promise<readonly Exchange[]> {
    return this.under(MOST_RPS, async (exchanges) => {
      while (exchanges.length < count) await this.sleep(LOOK_MS);
    });
  }

  /** Whether the gateway answered a request itself, or broke it. */
  isLost({ status, version }: Pick<Exchange, "status" | "version">): boolean {
    return status !== GOOD[this.kind] || version === "";
  }

  /** The versions as Serin's queries name them, while they share the route's one rule. */
  backends(): readonly Backend[] {
    const { namespace } = this.target;
    return checkVersions.map((version, backend) => {
      const { name, port } = backendOf(this.kind, version, 1);
      const route = { routeKind: this.kind, routeNamespace: namespace, route: this.#made.name };
      return { ...route, namespace, service: name, refs: [{ rule: 0, backend, port }], replicaSet: name };
    });
  }

  get #where() {
    return { namespace: this.target.namespace, name: this.#made.name };
  }

  #read(): Promise<Route> {
    return this.target.kube.get<Route>(this.#made.resource, this.#where);
  }

  async #serves(patienceMs: number): Promise<void> {
    const { clock, kube, namespace } = this.target;
    let got = "";
    for (const until = clock.now() + patienceMs; clock.now() < until; await this.sleep(RETRY_MS)) {
      // If this one gets no answer, a load would only queue.
      const first = await this.ask();
      got = `the last request got ${describeReply(first)}`;
      if (this.isLost(first)) continue;
      const answers = await this.send(40);
      const good = answers.filter((answer) => !this.isLost(answer));
      const versions = new Set(good.map(({ version }) => version));
      got = `${good.length} of ${answers.length} requests had a good answer, from ${[...versions].join(" and ")}`;
      if (good.length < answers.length || versions.size < checkVersions.length) continue;
      const [gateway = unknownGateway] = gatewaysOf(await this.#read());
      this.#gateway = gateway;
      return;
    }
    const { kind, name } = this.#made;
    const unready = await unreadyVersions(kube, namespace);
    const why = [`the route has ${saidOf(await this.conditions())}`, got, ...unready].join("; ");
    throw new Error(`the gateway does not serve ${kind} ${name} after ${patienceMs / 1000}s: ${why}`);
  }
}
