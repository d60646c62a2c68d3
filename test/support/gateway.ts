import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { httpRoutes } from "../../kube/core/resources.ts";
import type { RouteRule } from "../../kube/core/routes.ts";
import type { FakeApi } from "./api.ts";

/** The route that the gateway serves. */
const ROUTE = "scratch/serin-check";

/** A gateway in memory: it answers by the weights of the check's HTTPRoute in an API server in memory. */
export class FakeGateway {
  url = "";
  requests = 0;
  /** How long (ms) a change of the route takes until it is in force. */
  lagMs = 0;
  /** What it does in place of an answer. */
  fault: "hang" | "reset" | undefined;
  readonly #api: FakeApi;
  readonly #server: Server;
  readonly #rules: { readonly at: number; readonly rules: readonly RouteRule[] }[] = [];

  static async start(api: FakeApi): Promise<FakeGateway> {
    const gateway = new FakeGateway(api);
    gateway.#server.listen(0, "127.0.0.1");
    await once(gateway.#server, "listening");
    gateway.url = `http://127.0.0.1:${(gateway.#server.address() as AddressInfo).port}`;
    return gateway;
  }

  private constructor(api: FakeApi) {
    this.#api = api;
    this.#server = createServer((_request, response) => this.#answer(response));
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  #answer(response: ServerResponse): void {
    this.requests += 1;
    if (this.fault === "hang") return;
    if (this.fault === "reset") return void response.destroy();
    const [v1 = 0, v2 = 0] = (this.#inForce()[0]?.backendRefs ?? []).map(({ weight = 1 }) => weight);
    // Of n requests, the canary gets the whole part of n × its share.
    const ofCanary = (requests: number) => Math.floor((requests * v2) / (v1 + v2));
    const isCanary = ofCanary(this.requests) > ofCanary(this.requests - 1);
    response.setHeader("x-version", isCanary ? "v2" : "v1").end();
  }

  #inForce(): readonly RouteRule[] {
    const [collection, now] = ["gateway.networking.k8s.io/v1/httproutes", Date.now()];
    const { spec, status } = this.#api.store.get(collection, ROUTE) as {
      readonly spec?: { readonly rules: readonly RouteRule[] };
      readonly status?: object;
    } & ReturnType<FakeApi["store"]["get"]>;
    if (status === undefined) {
      const accepted = { type: "Accepted", status: "True", observedGeneration: Number.MAX_SAFE_INTEGER };
      this.#api.change(httpRoutes, ROUTE, { status: { parents: [{ conditions: [accepted] }] } });
    }
    const rules = spec?.rules ?? [];
    if (this.#rules.at(-1)?.rules !== rules) this.#rules.push({ at: now, rules });
    const last = this.#rules.findLast(({ at }) => at <= now - this.lagMs) ?? this.#rules[0];
    return last?.rules ?? [];
  }
}
