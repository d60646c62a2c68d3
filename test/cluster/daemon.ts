import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";

/** A program of the cluster with a log file of its own. */
export interface Daemon {
  readonly name: string;
  /** The id of its process; another one after `start`. */
  readonly pid: number;
  /** Waits for the first 200 from `url`; throws with the tail of the log if the process ends or time runs out. */
  ready(url: string, timeoutMs?: number): Promise<void>;
  /** Ends the process by the signal, and by SIGKILL after `graceMs`. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<void>;
  /** Starts it again after its end, with the same log file and the same arguments, and these after them. */
  start(...more: readonly string[]): void;
}

const POLL_MS = 50;
// The serving certificates of the control plane are self-signed; health checks need no trust.
const trusting = new Agent({ connect: { rejectUnauthorized: false } });

/** Starts a program, with both output streams in `<dir>/<name>.log`. Throws if the program cannot be started. */
export function startDaemon(dir: string, name: string, command: string, args: readonly string[]): Daemon {
  const path = join(dir, `${name}.log`);
  const start = (...more: readonly string[]) => {
    const log = openSync(path, "a");
    const started = spawn(command, [...args, ...more], {
      cwd: dir,
      stdio: ["ignore", log, log],
      env: daemonEnvironment(dir),
    });
    closeSync(log);
    const { pid } = started;
    if (pid === undefined) throw new Error(`${name}: cannot start ${command}`);
    return { child: started, pid };
  };
  let { child, pid } = start();
  return {
    name,
    get pid() {
      return pid;
    },
    ready: (url, timeoutMs = 60_000) => waitUntilReady({ name, child, path, url, timeoutMs }),
    stop: (signal, graceMs) => stopChild(child, signal, graceMs),
    start(...more) {
      ({ child, pid } = start(...more));
    },
  };
}

/** The last lines of a log file, for error messages. */
function tail(path: string, lines = 15): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

interface Wait {
  readonly name: string;
  readonly child: ChildProcess;
  readonly path: string;
  readonly url: string;
  readonly timeoutMs: number;
}

async function waitUntilReady({ name, child, path, url, timeoutMs }: Wait): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last = "no answer";
  while (performance.now() < deadline) {
    if (hasEnded(child)) {
      throw new Error(
        `${name} ended (${child.exitCode ?? child.signalCode}); its log ${path}:\n${tail(path)}`,
      );
    }
    last = await answerOf(url);
    if (last === "200") return;
    await sleep(POLL_MS);
  }
  throw new Error(
    `${name} is not ready after ${timeoutMs} ms (${url}: ${last}); its log ${path}:\n${tail(path)}`,
  );
}

async function answerOf(url: string): Promise<string> {
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: trusting,
      signal: AbortSignal.timeout(2_000),
    });
    await body.dump();
    return String(statusCode);
  } catch (error) {
    return String(error);
  }
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exit;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function daemonEnvironment(dir: string): NodeJS.ProcessEnv {
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: dir, TMPDIR: dir };
}
