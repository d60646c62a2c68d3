import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { platform } from "node:os";
import { port, toggle } from "../../flags/flag.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import type { Log } from "../../kube/core/log.ts";
import { defineCommand } from "../frame/command.ts";
import { allNamespaces, prometheusUrl } from "../frame/kubectl-flags.ts";
import type { Terminal } from "../frame/terminal.ts";

/** Other machines do not reach it: it shows what this user may see. */
const HOST = "127.0.0.1";
const NAMES = new Set([HOST, "localhost"]);

/** The page of the rollouts, for one person. */
export const dashboardCommand = defineCommand({
  name: "dashboard",
  group: "See",
  about: "Shows the rollouts in a browser, with your own rights, until you stop it.",
  more:
    "It listens on 127.0.0.1 only. It follows the namespace, or all with -A, and changes nothing. For a team, the component " +
    "`dashboard` runs the same page in the cluster (docs/dashboard.md).",
  flags: {
    "all-namespaces": allNamespaces,
    port: port({ about: "The port to listen on." }, 3100),
    open: toggle({ about: "Open the page in the browser." }),
    prometheus: prometheusUrl,
  },
  examples: [
    ["dashboard -A --open", "All namespaces, in the browser"],
    ["dashboard --prometheus=http://localhost:9090", "With the charts of a Prometheus that was forwarded"],
  ],
  async run({ flags, terminal, clock, cluster }) {
    const { kube, namespace: own, behind } = await cluster();
    const namespace = flags["all-namespaces"] ? undefined : own;
    // The HTTP server takes time to load, so only this command does it.
    const [{ openDashboard }, { unreadableKinds }, { prometheusFor }] = await Promise.all([
      import("../../dashboard/serve.ts"),
      import("../../dashboard/unreadable.ts"),
      import("../reading/prometheus.ts"),
    ]);
    const stop = new AbortController();
    const dashboard = openDashboard({
      ...{ kube, namespace, clock, hosts: NAMES, readers: { trusted: [] }, log: telling(terminal) },
      prometheus: prometheusFor({ kube, behind }, flags.prometheus),
      unreadable: await unreadableKinds(kube, namespace),
      signal: stop.signal,
    });
    const server = createServer(dashboard.app).listen(flags.port, HOST);
    await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
      stop.abort();
      if (cause.code !== "EADDRINUSE") throw cause;
      throw new Error(`port ${flags.port} is in use: choose another one by --port`, { cause });
    });
    const address = `http://${HOST}:${flags.port}/`;
    terminal.say(
      `${address} shows ${namespace === undefined ? "all namespaces" : `the namespace ${namespace}`}`,
    );
    if (flags.open) openPage(address, terminal);
    // Until the user stops the program.
    return new Promise<never>(() => {});
  },
});

/** Says each failure once: the watches try again and again. */
function telling(terminal: Terminal): Log {
  const told = new Set<string>();
  const tell = (fields: object, message: string) => {
    const text = "err" in fields ? `${message}: ${messageOf(fields.err)}` : message;
    if (!told.has(text)) terminal.tell(text);
    told.add(text);
  };
  return { debug: () => {}, info: () => {}, warn: tell, error: tell };
}

/** Opens the page in the user's browser. Without one, the address is on the screen. */
function openPage(address: string, terminal: Terminal): void {
  const commands: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
    darwin: ["open"],
    win32: ["cmd", "/c", "start", ""],
  };
  const [command, ...args] = commands[platform()] ?? ["xdg-open"];
  spawn(command, [...args, address], { detached: true, stdio: "ignore" })
    .on("error", (error) => terminal.tell(`the browser does not open (${error.message}): open ${address}`))
    .unref();
}
