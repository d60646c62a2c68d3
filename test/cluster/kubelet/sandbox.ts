import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { addresses } from "../addresses.ts";

/** The network namespace that a pod's containers share, with one address on a pair of virtual devices. */
export interface Sandbox {
  readonly address: string;
  /** The arguments of `nsenter` that enter it. */
  readonly enter: readonly string[];
  /** Removes the network; every process in it must have ended. */
  destroy(): void;
}

/** Makes a sandbox. `number` (1…65,000) is unique in the cluster and decides the address. Needs root. */
export async function createSandbox(number: number): Promise<Sandbox> {
  const address = `${addresses.realPods}.${number >> 8}.${number & 255}`;
  // A namespace exists only while a process is in it. Kubernetes' pause container serves the same purpose.
  const pause = spawn("unshare", ["--net", "--", "sleep", "infinity"], { stdio: "ignore" });
  const destroy = () => void pause.kill("SIGKILL");
  try {
    const namespace = await namespaceOf(pause);
    connectNamespace({ namespace, pid: pause.pid ?? 0, device: `pod${number}`, address });
    return { address, enter: [`--net=${namespace}`], destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

function connectNamespace(link: { namespace: string; pid: number; device: string; address: string }): void {
  const { namespace, pid, device, address } = link;
  ip(
    [],
    `link add ${device} type veth peer name eth0 netns ${pid}
          link set ${device} up
          route add ${address}/32 dev ${device}`,
  );
  ip(
    ["nsenter", `--net=${namespace}`],
    `link set lo up
          link set eth0 up
          address add ${address}/32 dev eth0
          route add ${addresses.host} dev eth0
          route add default via ${addresses.host}`,
  );
}

async function namespaceOf(pause: ChildProcess): Promise<string> {
  const own = readlinkSync("/proc/self/ns/net");
  const path = `/proc/${pause.pid}/ns/net`;
  for (let tries = 0; tries < 200; tries++, await sleep(5)) {
    if (readlinkSync(path) !== own) return path;
  }
  throw new Error("cannot make a network namespace");
}

function ip(prefix: readonly string[], commands: string): void {
  const [program = "ip", ...args] = [...prefix, "ip", "-batch", "-"];
  execFileSync(program, args, { input: commands });
}
