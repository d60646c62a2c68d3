import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HookPayload } from "../../rollout/hooks/call.ts";
import { addresses } from "../cluster/addresses.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { eventually } from "../cluster/wait.ts";

/** One call that arrived. */
export interface Arrival {
  /** The hook's name. */
  readonly hook: string;
  /** ms. */
  readonly at: number;
  readonly body: HookPayload;
}

/** Answers hooks as its test sets it, and keeps the calls that arrived. A hook's name is its path. */
export class HookServer {
  readonly arrivals: Arrival[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #answers = new Map<string, { status: number; text: string }>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const hook = (request.url ?? "").slice(1);
      this.arrivals.push({ hook, at: Date.now(), body: JSON.parse(text) });
      for (const look of [...this.#listeners]) look();
      const answer = this.#answers.get(hook) ?? { status: 200, text: "" };
      response.writeHead(answer.status).end(answer.text);
    });
  }

  /** Listens where Serin's pods can reach it. */
  static async start(): Promise<HookServer> {
    const started = new HookServer();
    started.#server.listen(0, addresses.host);
    await new Promise((resolve) => started.#server.once("listening", resolve));
    return started;
  }

  /** The base of the hooks' URLs. */
  get url(): string {
    return `http://${addresses.host}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sets the hook's answer from now on. */
  answer(hook: string, status: number, text = ""): void {
    this.#answers.set(hook, { status, text });
  }

  /** The bodies of a hook's calls since (ms). */
  of(hook: string, since = 0): readonly Arrival[] {
    return this.arrivals.filter((arrival) => arrival.hook === hook && arrival.at >= since);
  }

  /** Waits until a condition holds, and tests it at every call that arrives. Throws after a minute. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const done = Promise.withResolvers<void>();
    const look = () => holds() && done.resolve();
    const deadline = setTimeout(() => done.reject(new Error(`${what}: not within a minute`)), 60_000);
    this.#listeners.add(look);
    look();
    await done.promise.finally(() => {
      clearTimeout(deadline);
      this.#listeners.delete(look);
    });
  }

  /** Stops listening. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Lets hooks call a host, that server's by default, as an administrator does: by a flag of webhook and controller. */
export async function allowHooks({ kubectl }: Cluster, host: string = addresses.host): Promise<void> {
  const flag = `--hook-host=${host}`;
  const patch = [{ op: "add", path: "/spec/template/spec/containers/0/args/-", value: flag }];
  const deployments = ["deployment/serin", "deployment/serin-controller"];
  for (const args of [
    ...deployments.map((name) => ["patch", name, "--type=json", `--patch=${JSON.stringify(patch)}`]),
    ...deployments.map((name) => ["rollout", "status", name, "--timeout=90s"]),
  ]) {
    const { code, stderr } = await kubectl(["--namespace", "serin-system", ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  }
  // A webhook that ends still answers the API server's open connections, with its old flags.
  await eventually("the end of those without the flag", async () => {
    const args = [
      "get",
      "pods",
      "-n=serin-system",
      "-o=jsonpath={range .items[*]}{.spec.containers[0].args}{'\\n'}{end}",
    ];
    const { stdout } = await kubectl(args);
    return stdout.split("\n").every((line) => line === "" || line.includes(flag)) || undefined;
  });
}
