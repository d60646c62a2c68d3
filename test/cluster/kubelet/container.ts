import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fchmodSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runProbe } from "./probe.ts";
import type { ContainerSpec } from "./spec.ts";

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
/** A process that ran for this long restarts without delay. */
const PROVEN_MS = 60_000;

/** The command of a container's process, and the listener for changes of its status. */
export interface ContainerOptions {
  readonly spec: ContainerSpec;
  readonly address: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Whether the process is started again when it ends. */
  readonly restarts: boolean;
  readonly onChange: () => void;
}

type State =
  | { readonly running: { readonly startedAt: string } }
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly terminated: Terminated };

interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason: string;
  readonly finishedAt: string;
}

/** A real process that is probed, and restarted with back-off when it ends. */
export class Container {
  readonly #options: ContainerOptions;
  #process: ChildProcess | undefined;
  #probes = new AbortController();
  #state: State = { waiting: { reason: "ContainerCreating" } };
  #last: Terminated | undefined;
  #ready = false;
  #restarts = 0;
  #backoffMs = FIRST_BACKOFF_MS;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #wanted: "up" | "down" | "stopped" = "up";

  constructor(options: ContainerOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.spec.name;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** The exit status of a process that is not started again; undefined while it runs. */
  get ended(): number | undefined {
    return !this.#options.restarts && this.#process === undefined ? this.#last?.exitCode : undefined;
  }

  /** The process id; undefined while there is no process. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The container's entry in the pod's status. */
  get status(): object {
    const { name, image } = this.#options.spec;
    return {
      ...{ name, image, imageID: "", ready: this.#ready, started: this.#process !== undefined },
      ...{ restartCount: this.#restarts, state: this.#state },
      ...(this.#last && { lastState: { terminated: this.#last } }),
    };
  }

  /** Starts the process. */
  start(): void {
    const { command, args, env, logFile } = this.#options;
    const log = openSync(logFile, "a");
    // A process may open its own output by the name /dev/stdout, as another user.
    fchmodSync(log, 0o666);
    const child = spawn(command, args, { env, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#process = child;
    this.#startedAt = performance.now();
    this.#state = { running: { startedAt: new Date().toISOString() } };
    child.once("exit", (code, signal) => this.#ended(code, signal));
    this.#probe();
    this.#options.onChange();
  }

  /** Sends a signal to the process; does nothing while there is none. */
  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Kills the process and starts none until `bringBack`. */
  async keepDown(): Promise<void> {
    this.#wanted = "down";
    clearTimeout(this.#timer);
    await this.#end("SIGKILL", 0);
  }

  /** Ends `keepDown`: starts the process at once. */
  bringBack(): void {
    if (this.#wanted !== "down") return;
    this.#wanted = "up";
    this.#restarts++;
    this.start();
  }

  /** Ends the process for good: the preStop sleep, SIGTERM, and SIGKILL after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#wanted = "stopped";
    clearTimeout(this.#timer);
    const preStopMs = Math.min(graceMs, (this.#options.spec.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000);
    if (this.#process !== undefined) await sleep(preStopMs);
    await this.#end("SIGTERM", graceMs - preStopMs);
  }

  /** Ends the process for good, at once. */
  async destroy(): Promise<void> {
    this.#wanted = "stopped";
    clearTimeout(this.#timer);
    await this.#end("SIGKILL", 0);
  }

  async #end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const exit = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await exit;
    clearTimeout(timer);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.#probes.abort();
    this.#process = undefined;
    this.#ready = false;
    const exitCode = code ?? (signal === "SIGKILL" ? 137 : 143);
    this.#last = {
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
      finishedAt: new Date().toISOString(),
    };
    this.#state = { terminated: this.#last };
    if (this.#wanted === "up" && this.#options.restarts) this.#restartLater();
    this.#options.onChange();
  }

  #restartLater(): void {
    if (performance.now() - this.#startedAt > PROVEN_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    const message = `back-off ${this.#backoffMs / 1_000}s restarting failed container`;
    this.#state = { waiting: { reason: "CrashLoopBackOff", message } };
    this.#timer = setTimeout(() => {
      this.#restarts++;
      this.start();
    }, this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
  }

  #probe(): void {
    const { spec, address } = this.#options;
    this.#probes = new AbortController();
    const { signal } = this.#probes;
    const run = (kind: "readiness" | "liveness" | "startup", onChange: (passes: boolean) => void) => {
      const probe = spec[`${kind}Probe`];
      if (probe !== undefined) void runProbe({ kind, probe, container: spec, address, onChange, signal });
    };
    const restart = (passes: boolean) => {
      if (!passes) this.#process?.kill("SIGKILL");
    };
    const started = () => {
      if (spec.readinessProbe === undefined) this.#become(true);
      run("readiness", (passes) => this.#become(passes));
      run("liveness", restart);
    };
    if (spec.startupProbe === undefined) started();
    else run("startup", (passes) => (passes ? started() : restart(false)));
  }

  #become(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    this.#options.onChange();
  }
}
