import type { RequestListener } from "node:http";

/**
 * How long (ms) the work on one rollout may last before the loop counts as stuck. The API server may ask for a pause of
 * 10 minutes, which is the longest wait in that work.
 */
const STUCK_MS = 15 * 60_000;

/** The answers to the kubelet's probes of this replica. */
export class Health {
  #isAble = false;
  #workMs = () => 0;

  /** The replica does not lead. `isInOrder`: it sees a Lease that another one renews, or the API server answers its tries. */
  standsBy(isInOrder: boolean): void {
    this.#isAble = isInOrder;
    this.#workMs = () => 0;
  }

  /** The replica leads, but its copies are not complete yet. */
  begins(): void {
    this.standsBy(false);
  }

  /** The replica leads with complete copies. `workMs` is the duration of the longest work that runs now. */
  works(workMs: () => number): void {
    this.#isAble = true;
    this.#workMs = workMs;
  }

  /** False if only a restart helps. */
  get isAlive(): boolean {
    return this.#workMs() < STUCK_MS;
  }

  get isReady(): boolean {
    return this.#isAble && this.isAlive;
  }
}

/** Answers `/healthz` and `/readyz`: 200, or 503. */
export function probes(health: Pick<Health, "isAlive" | "isReady">): RequestListener {
  return ({ url }, response) => {
    const passes = url === "/healthz" ? health.isAlive : url === "/readyz" ? health.isReady : undefined;
    response.statusCode = passes === undefined ? 404 : passes ? 200 : 503;
    response.end(passes === undefined ? "not found" : passes ? "ok" : "not ready");
  };
}
