import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { addresses } from "./addresses.ts";

/** Whether this process runs inside the network namespace of a cluster. */
export function insideNamespace(): boolean {
  return networkInterfaces().lo?.some(({ address }) => address === addresses.host) ?? false;
}

/** Gives the cluster's addresses to the loopback device of a fresh network namespace. Needs root. */
export function configureNetwork(): void {
  const ip = (command: string) => execFileSync("ip", command.split(" "));
  ip("link set lo up");
  ip(`address add ${addresses.host}/32 dev lo`);
  for (const range of addresses.local) ip(`route add local ${range} dev lo`);
  // Pods with network namespaces of their own reach each other through this one.
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
}

/**
 * Starts node with `args` in fresh network, mount and pid namespaces. No process inside outlives the returned process:
 * `--kill-child` and the parent-death signal reach the first process inside, and the kernel ends the others with it.
 * The returned process leads a session of its own, so that Ctrl-C in a terminal reaches only the caller, once.
 */
export function spawnInNamespace(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const inside = fileURLToPath(new URL("inside.ts", import.meta.url));
  const unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];
  const command = ["--pdeathsig", "KILL", "--", ...unshare, process.execPath, inside, ...args];
  return spawn("setpriv", command, { stdio: "inherit", detached: true, env });
}

/**
 * Passes this process's signals on to the first process inside; the second signal kills. Returns a function that says
 * whether a signal came.
 */
export function passSignals(outer: ChildProcess): () => boolean {
  let asked = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (asked) outer.kill("SIGKILL");
      else signalInside(outer, signal);
      asked = true;
    });
  }
  return () => asked;
}

/** Throws if this process cannot make the namespaces. */
export function demandRoot(): void {
  if (process.platform === "linux" && process.getuid?.() === 0) return;
  throw new Error("the cluster needs root on Linux: it makes network, mount and process namespaces");
}

// `unshare` itself blocks SIGINT and SIGTERM.
function signalInside(outer: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = outer;
  if (pid === undefined || outer.exitCode !== null || outer.signalCode !== null) return;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  if (children === "") outer.kill(signal);
  for (const child of children.split(" ").filter(Boolean)) process.kill(Number(child), signal);
}
