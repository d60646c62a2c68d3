import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import type { ContainerSpec, Probe } from "./spec.ts";

/** A probe, its target, and the listener for changes of its result. */
export interface ProbeOptions {
  readonly kind: "readiness" | "liveness" | "startup";
  readonly probe: Probe;
  readonly container: ContainerSpec;
  readonly address: string;
  /** Called once the thresholds are met, and at every later change. */
  readonly onChange: (passes: boolean) => void;
  readonly signal: AbortSignal;
}

// A container that has not started, or is unready, is probed more often than by a real kubelet, because tests wait for it.
const UNREADY_PERIOD_MS = 200;
const dispatcher = new Agent({ connect: { rejectUnauthorized: false }, keepAliveTimeout: 1 });

/** Probes until `signal` aborts; never throws. Supports httpGet only: any other probe counts as failed. */
export async function runProbe({
  kind,
  probe,
  container,
  address,
  onChange,
  signal,
}: ProbeOptions): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3, successThreshold = 1 } = probe;
  const periodMs = periodSeconds * 1_000;
  const failures = kind === "startup" ? (failureThreshold * periodMs) / UNREADY_PERIOD_MS : failureThreshold;
  let state: boolean | undefined;
  let streak = { passes: false, length: 0 };
  await pause(initialDelaySeconds * 1_000, signal);
  while (!signal.aborted) {
    const passes = await ask(probe, container, address);
    streak = { passes, length: streak.passes === passes ? streak.length + 1 : 1 };
    if (!signal.aborted && passes !== state && streak.length >= (passes ? successThreshold : failures)) {
      state = passes;
      onChange(passes);
    }
    await pause(kind !== "liveness" && state !== true ? UNREADY_PERIOD_MS : periodMs, signal);
  }
}

async function ask(
  { httpGet, timeoutSeconds = 1 }: Probe,
  container: ContainerSpec,
  address: string,
): Promise<boolean> {
  if (httpGet === undefined) return false;
  const { path = "/", port, scheme = "HTTP" } = httpGet;
  const number =
    typeof port === "number" ? port : container.ports?.find(({ name }) => name === port)?.containerPort;
  try {
    const { statusCode, body } = await request(`${scheme.toLowerCase()}://${address}:${number}${path}`, {
      dispatcher,
      signal: AbortSignal.timeout(timeoutSeconds * 1_000),
    });
    await body.dump();
    return statusCode >= 200 && statusCode < 400;
  } catch {
    return false;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
