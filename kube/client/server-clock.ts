import { type Clock, steadyClock, systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";

/** What tells the API server's time. */
export interface ServerClockOptions {
  /** Absent: it logs nothing. */
  readonly log?: Log;
  /** The longest difference (ms) between the machine's clock and the API server's that is not logged; 0. */
  readonly mostMs?: number;
  /** The clock that counts until the API server's first answer. */
  readonly machine?: Clock;
  readonly steady?: Pick<Clock, "now">;
}

/** A difference (ms) that is not corrected: Serin's instants need no finer order, and a clock must not jump for less. */
const TOLERATED_MS = 1_000;

/** How long (ms) all answers must contradict this clock before it follows them: of several API servers, one may be wrong. */
const DOUBT_MS = 10_000;

/** How often (ms) to log the difference. */
const AGAIN_MS = 3_600_000;

/**
 * The API server's clock, so that all processes of Serin have the same time, whatever their nodes' clocks show. Each answer of the
 * API server carries its time; between answers the steady clock counts, which nobody can set. It logs, at most once an hour,
 * that the machine's clock differs.
 */
export class ServerClock implements Clock {
  readonly #log: Log | undefined;
  readonly #mostMs: number;
  readonly #machine: Clock;
  readonly #steady: Pick<Clock, "now">;
  /** How far (ms) this clock is ahead of the steady clock. */
  #lead: number;
  #isHeard = false;
  /** Since when all answers contradict this clock, by the steady clock. */
  #doubtedAt: number | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor({ log, mostMs = 0, machine = systemClock, steady = steadyClock }: ServerClockOptions) {
    this.#log = log;
    this.#mostMs = mostMs;
    this.#machine = machine;
    this.#steady = steady;
    this.#lead = this.#machineLead();
  }

  now(): number {
    return Math.floor(this.#steady.now() + this.#lead);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#machine.sleep(ms, signal);
  }

  /** Begins a request. The function that it returns takes the header Date of the answer. */
  ask(): (date: string | undefined) => void {
    const sentAt = this.#steady.now();
    return (date = "") => {
      const time = Date.parse(date);
      if (Number.isNaN(time)) return;
      // The API server wrote its whole seconds at some time between the request and the answer.
      const [least, most] = [time - this.#steady.now(), time + 999 - sentAt];
      const within = (lead: number) => Math.min(Math.max(lead, least), most);
      this.#follow(within);
      const machine = this.#machineLead();
      this.#say(Math.round(machine - within(machine)));
    };
  }

  #follow(within: (lead: number) => number): void {
    const agrees = (lead: number) => Math.abs(lead - within(lead)) <= TOLERATED_MS;
    const at = this.#steady.now();
    if (agrees(this.#lead)) this.#doubtedAt = undefined;
    else this.#doubtedAt ??= at;
    const doubtedMs = at - (this.#doubtedAt ?? at);
    // The machine's clock is a second witness: this one stood still while the machine was suspended.
    const isSure = !this.#isHeard || agrees(this.#machineLead()) || doubtedMs >= DOUBT_MS;
    this.#isHeard = true;
    if (this.#doubtedAt === undefined || !isSure) return;
    this.#lead = within(this.#lead);
    this.#doubtedAt = undefined;
  }

  #say(aheadMs: number): void {
    const now = this.#steady.now();
    if (Math.abs(aheadMs) <= this.#mostMs || now - this.#saidAt < AGAIN_MS) return;
    this.#saidAt = now;
    this.#log?.warn(
      aheadMs > 0 ? { aheadMs } : { behindMs: -aheadMs },
      "the clock of this node differs from the API server's, by which Serin goes",
    );
  }

  #machineLead(): number {
    return this.#machine.now() - this.#steady.now();
  }
}
