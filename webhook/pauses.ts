import type { Clock } from "../kube/core/clock.ts";
import { Busy } from "./busy.ts";

/** The most bytes of requests that wait for gateways. In memory, the objects of a request need some times its length. */
const MOST = 8 * 1024 * 1024;
/** The longest time (s) after which a client should come again. */
const LATEST_SECONDS = 5;

/** Lets requests wait for gateways, outside all turns: a slow gateway keeps no other request waiting. */
export class Pauses {
  readonly #clock: Clock;
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits so long (ms). `size` is that of the request, in bytes. Throws Busy if those that wait need too much memory. */
  async pause(ms: number, size: number): Promise<void> {
    if (this.#waiting > 0 && this.#waiting + size > MOST)
      throw new Busy(Math.min(LATEST_SECONDS, Math.ceil(ms / 1_000)));
    this.#waiting += size;
    try {
      await this.#clock.sleep(ms);
    } finally {
      this.#waiting -= size;
    }
  }
}
