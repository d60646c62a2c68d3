import { setTimeout as timer } from "node:timers/promises";
import pLimit from "p-limit";
import { type AppOptions, appManifests, type Protocol } from "../cluster/app.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { cluster } from "../cluster/fixture.ts";
import type { GatewayName } from "../cluster/gateways.ts";
import { type GrpcLoad, startGrpcLoad } from "../cluster/grpcLoad.ts";
import type { Output } from "../cluster/kubectl.ts";
import { type Answers, type Load, startLoad } from "../cluster/load.ts";
import type { Overlay } from "../cluster/overlay.ts";
import { COUNTING_RPS } from "../cluster/pace.ts";
import type { Received } from "../cluster/received.ts";
import { installSerin, removeSerin } from "../cluster/serin.ts";
import { Ledger } from "./ledger.ts";
import { noteSentences, SENTENCES_FILE, sentencesOf } from "./sentences.ts";
import { type User, Users } from "./users.ts";

/** An application of a story, and the plan of its rollouts. */
export type ShopApp = Partial<AppOptions> & {
  readonly interval?: string;
  readonly plan?: Record<string, string>;
};

/** The place of a shop. */
export interface ShopOptions {
  /** The gateway of its routes and loads; Traefik by default. */
  readonly gateway?: GatewayName;
  /** How Serin is installed; from deploy/ without changes by default. */
  readonly overlay?: Overlay;
}

/** How long (ms) a gateway may need to see that a pod ends; until then an old pod may answer. */
export const HEARD_MS = 2_500;

interface KubeEvent {
  readonly message: string;
  readonly reportingComponent?: string;
}

const UNCHANGED: Overlay = {};
const counting = pLimit(1);
let installation:
  | { readonly of: Cluster; readonly overlay: Overlay; readonly done: Promise<void> }
  | undefined;
let opened = 0;

/** Installs Serin in this way, unless it is. Removes another installation of the cluster first. */
function install(of: Cluster, overlay: Overlay): Promise<void> {
  const present = installation?.of === of ? installation : undefined;
  if (present?.overlay === overlay) return present.done;
  const replace = async () => {
    await present?.done;
    if (present !== undefined) await removeSerin(of, present.overlay);
    await installSerin(of, overlay);
  };
  installation = { of, overlay, done: replace() };
  return installation.done;
}

/** The namespace of a story: applications behind the gateway, with a record of all their changes. */
export class Shop extends Ledger {
  readonly cluster: Cluster;
  readonly gateway: GatewayName;
  readonly #loads: { stop(): Promise<unknown> }[] = [];

  private constructor(namespace: string, of: Cluster, gateway: GatewayName) {
    super(namespace, of);
    this.cluster = of;
    this.gateway = gateway;
  }

  /** Opens a shop; the first one starts the cluster and installs Serin. */
  static async open(
    title: string,
    { gateway = "traefik", overlay = UNCHANGED }: ShopOptions = {},
  ): Promise<Shop> {
    const running = await cluster();
    await install(running, overlay);
    opened += 1;
    const namespace = `${title}-${opened}`;
    await running.api.demand("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    return new Shop(namespace, running, gateway);
  }

  /** Runs kubectl in this namespace, and catches up with it. Returns whatever the exit status is. */
  kubectl(...args: string[]): Promise<Output> {
    return this.#ask(args);
  }

  async #ask(args: string[], input?: string): Promise<Output> {
    const given = { namespace: this.namespace, ...(input === undefined ? {} : { input }) };
    const output = await this.cluster.kubectl(args, given);
    noteSentences(sentencesOf(output.stderr));
    if (output.code === 0) await this.catchUp();
    return output;
  }

  /** Runs kubectl; throws if it fails. */
  async run(...args: string[]): Promise<string> {
    return demand(args, await this.kubectl(...args));
  }

  /** Applies manifests from standard input. */
  async apply(manifests: string, ...args: string[]): Promise<string> {
    const command = ["apply", "-f", "-", ...args];
    return demand(command, await this.#ask(command, manifests));
  }

  /** The manifests of an application with Service and route, opted in. */
  manifests(options: ShopApp = {}): string {
    const { interval = "10s", plan = {}, name = "web", ...app } = options;
    const annotations = { "serin.dev/rollout": "canary", "serin.dev/interval": interval, ...plan };
    const { namespace, gateway } = this;
    const given = {
      name,
      namespace,
      gateway,
      replicas: 5,
      image: "app:v1",
      host: this.host(name),
      annotations,
    };
    return appManifests({ ...given, ...app });
  }

  /** Deploys such an application and waits until it serves through the gateway; returns its manifests. */
  async deploy(options: ShopApp = {}): Promise<string> {
    const { name = "web", protocol = "http" } = options;
    const manifests = this.manifests(options);
    await this.apply(manifests);
    await this.run("rollout", "status", `deployment/${name}`, "--timeout=60s");
    await this.serves(this.host(name), "/", protocol);
    return manifests;
  }

  /** Waits until a host answers through the gateway, twenty times in a row. */
  async serves(host: string, path = "/", protocol: Protocol = "http"): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (let good = 0; good < 20; ) {
      const asked = { url: this.url, host, rps: 200 };
      const probe = protocol === "grpc" ? startGrpcLoad(asked) : startLoad({ ...asked, path });
      await timer(100);
      const { total, failed } = await probe.stop();
      good = failed === 0 ? good + total : 0;
      if (Date.now() > deadline) throw new Error(`${host} does not answer through the gateway`);
    }
  }

  /** The address of the gateway. */
  get url(): string {
    return this.cluster.gateways[this.gateway].url;
  }

  host(name = "web"): string {
    return `${name}.${this.namespace}.example`;
  }

  /** A steady load on an application until the shop closes. */
  load(rps = 200, name = "web", path = "/", patienceMs?: number): Load {
    const patience = patienceMs === undefined ? {} : { patienceMs };
    const load = startLoad({ url: this.url, host: this.host(name), rps, path, ...patience });
    this.#loads.push(load);
    return load;
  }

  /** The same with gRPC: unary calls and long-lived streams. */
  calls(rps = 100, streams = 0, name = "web"): GrpcLoad {
    const load = startGrpcLoad({ url: this.url, host: this.host(name), rps, streams });
    this.#loads.push(load);
    return load;
  }

  /** Users of an application who return until the shop closes. */
  users(of: readonly User[], rps: number, name = "web"): Users {
    const users = new Users(of, { url: this.url, host: this.host(name), rps });
    this.#loads.push(users);
    return users;
  }

  /** The requests that this shop's pods of a version received so far, including mirrored copies. */
  received(version: string): Promise<Received> {
    return this.cluster.received({ namespace: this.namespace, version });
  }

  /**
   * Waits until a load has this many answers since an instant, at its own rate; returns when. For what must last, or must
   * not happen meanwhile.
   */
  async answered(load: Answers, from: number, requests: number): Promise<number> {
    const deadline = Date.now() + 60_000;
    while (load.since(from).total < requests) {
      if (Date.now() > deadline)
        throw new Error(`no ${requests} answers since ${new Date(from).toISOString()}`);
      await timer(100);
    }
    return Date.now();
  }

  /**
   * The same at COUNTING_RPS, for questions that only the number of requests answers, such as a share. The loads of stories
   * that run at the same time count one after another.
   */
  counted(load: Load, from: number, requests: number): Promise<number> {
    return counting(async () => {
      load.at(COUNTING_RPS);
      const to = await this.answered(load, from, requests);
      load.at(load.rps);
      return to;
    });
  }

  /** Orders the promotion of the current rollout and waits for its end. */
  async promote(name = "web"): Promise<void> {
    await this.run("annotate", `deployment/${name}`, `serin.dev/promote=${this.revision(name)}`);
    await this.atRest(name);
  }

  /** Ends the loads and removes the namespace. */
  async close(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    this.end();
    await this.#noteEvents();
    await this.cluster.api.request("DELETE", `/api/v1/namespaces/${this.namespace}`);
  }

  async #noteEvents(): Promise<void> {
    if (process.env[SENTENCES_FILE] === undefined) return;
    const path = `/api/v1/namespaces/${this.namespace}/events`;
    const { items } = await this.cluster.api.demand<{ items: readonly KubeEvent[] }>("GET", path);
    const own = items.filter(({ reportingComponent }) => reportingComponent === "serin");
    noteSentences(own.map(({ message }) => ({ place: "event", sentence: message })));
  }
}

function demand(args: readonly string[], { code, stdout, stderr }: Output): string {
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: exit ${code}: ${stderr.trim()}`);
  return stdout + stderr;
}
