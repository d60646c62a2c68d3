import type { Clock } from "../kube/core/clock.ts";
import { Busy } from "./busy.ts";

/** How many requests may hold routes and other objects in memory at once, and how many of one namespace. */
const AT_ONCE = 4;
const OF_ONE_NAMESPACE = 2;
/** How much of this is for crowded work: of a namespace that has other work under way, or has used much. */
const CROWDED = 3;
/** A namespace has used much if its work took longer than this (ms) together. What it used counts half after each minute. */
const MUCH_MS = 1_000;
const HALF_LIFE_MS = 60_000;
/**
 * The longest wait for a turn, as a part of the time (ms) for which the API server waits for the answer. Without a limit, Serin
 * would work on updates whose answers come too late, and at more updates than it can do it would answer none in time.
 */
const PATIENCE = 0.4;
const USUAL_TIMEOUT_MS = 20_000;
/** When a client should come again, in s: at random up to this, so that many of them do not come together. */
const RETRY_SECONDS = 5;

/** The most bytes of requests that wait for a turn. In memory, the objects of a request need some times its length. */
const MOST_WAITING = 8 * 1024 * 1024;

/** How a turn differs from others. */
export interface TurnOptions {
  /** The length of the request that waits with the work, in bytes. */
  readonly size?: number | undefined;
  /** How long (ms) the API server waits for the answer. */
  readonly timeoutMs?: number | undefined;
  /** The work completes what an earlier turn has begun. So it comes before all that has not begun, and is never sent away. */
  readonly completes?: boolean;
}

interface Turn {
  readonly size: number;
  readonly completes: boolean;
  /** Until when (ms) it may begin. */
  readonly until: number;
  readonly begin: () => void;
  readonly refuse: (error: Error) => void;
}

/** The work of a namespace. */
interface Lane {
  waiting: readonly Turn[];
  /** The work under way, each with its begin in ms. */
  readonly running: Map<Turn, number>;
  /** What the work that has ended took, in ms, as it counted at an instant. */
  usedMs: number;
  at: number;
}

/**
 * Does work in turn. A tenant may have several namespaces, and as many requests as they like. So the next turn is that of the
 * namespace that has used least lately, and one place is free of crowded work. A namespace at rest waits for the end of one work
 * at most, once each of the tenant's namespaces has used its second.
 */
export class Lanes {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #lanes = new Map<string, Lane>();

  /** `random` spreads the returns of those who are sent away. */
  constructor(clock: Clock, random: () => number = () => 0.5) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Does the work when it is its turn, and returns its result. Throws Busy if its turn does not come in time, or if too much
   * waits.
   */
  async run<T>(
    namespace: string,
    work: () => Promise<T>,
    { size = 0, completes = false, timeoutMs = USUAL_TIMEOUT_MS }: TurnOptions = {},
  ): Promise<T> {
    const now = this.#clock.now();
    const lane = this.#lanes.get(namespace) ?? { waiting: [], running: new Map(), usedMs: 0, at: now };
    this.#lanes.set(namespace, lane);
    const { promise, resolve: begin, reject: refuse } = Promise.withResolvers<void>();
    const until = completes ? Number.POSITIVE_INFINITY : now + timeoutMs * PATIENCE;
    const turn = { size, completes, until, begin, refuse };
    lane.waiting = [...lane.waiting, turn].toSorted((a, b) => Number(b.completes) - Number(a.completes));
    this.#next();
    this.#refuseBeyondRoom();
    const begun = new AbortController();
    if (lane.waiting.includes(turn)) this.#refuseAt(until, begun.signal);
    await promise.finally(() => begun.abort());
    try {
      return await work();
    } finally {
      this.#end(lane, turn);
    }
  }

  #next(): void {
    this.#refuseLate();
    for (;;) {
      const [lane] = this.#open().sort(
        (a, b) => Number(completing(b)) - Number(completing(a)) || this.#usedBy(a) - this.#usedBy(b),
      );
      const [turn, ...others] = lane?.waiting ?? [];
      if (lane === undefined || turn === undefined) return;
      lane.waiting = others;
      lane.running.set(turn, this.#clock.now());
      turn.begin();
    }
  }

  /** The lanes with work that may begin now. */
  #open(): Lane[] {
    const lanes = [...this.#lanes.values()];
    const running = lanes.reduce((sum, lane) => sum + lane.running.size, 0);
    if (running >= AT_ONCE) return [];
    const crowded = lanes.reduce((sum, lane) => sum + this.#crowdedOf(lane), 0);
    return lanes.filter(
      (lane) =>
        lane.waiting.length > 0 &&
        lane.running.size < OF_ONE_NAMESPACE &&
        (crowded < CROWDED || (lane.running.size === 0 && this.#usedBy(lane) <= MUCH_MS)),
    );
  }

  /** How much crowded work of the lane is under way. */
  #crowdedOf(lane: Lane): number {
    if (lane.running.size === 0) return 0;
    return this.#usedBy(lane) > MUCH_MS ? lane.running.size : Math.max(0, lane.running.size - 1);
  }

  #usedBy({ running, usedMs, at }: Lane): number {
    const now = this.#clock.now();
    const ended = usedMs * 2 ** (-(now - at) / HALF_LIFE_MS);
    return [...running.values()].reduce((sum, began) => sum + now - began, ended);
  }

  /** The API server no longer reads these answers, and each request that waits holds two objects in memory. */
  #refuseLate(): void {
    const now = this.#clock.now();
    const isLate = ({ until }: Turn) => now > until;
    for (const lane of this.#lanes.values()) {
      if (!lane.waiting.some(isLate)) continue;
      const late = lane.waiting.filter(isLate);
      lane.waiting = lane.waiting.filter((turn) => !isLate(turn));
      for (const { refuse } of late) refuse(this.#busy());
    }
  }

  /** Refuses it then, also if no other turn begins or ends until then. */
  #refuseAt(until: number, begun: AbortSignal): void {
    if (until === Number.POSITIVE_INFINITY) return;
    const ms = until - this.#clock.now() + 1;
    void this.#clock.sleep(ms, begun).then(
      () => this.#refuseLate(),
      () => {},
    );
  }

  /** What is too much belongs to the namespace with most of it: the others did not fill the memory. */
  #refuseBeyondRoom(): void {
    for (;;) {
      const [first, ...lanes] = [...this.#lanes.values()];
      if (first === undefined) return;
      const most = lanes.reduce((a, b) => (waitingIn(b) > waitingIn(a) ? b : a), first);
      const newest = most.waiting.at(-1);
      const all = [first, ...lanes].reduce((sum, lane) => sum + waitingIn(lane), 0);
      if (all <= MOST_WAITING || newest === undefined) return;
      most.waiting = most.waiting.slice(0, -1);
      newest.refuse(this.#busy());
    }
  }

  #busy(): Busy {
    return new Busy(1 + Math.floor(this.#random() * RETRY_SECONDS));
  }

  #end(lane: Lane, turn: Turn): void {
    const usedMs = this.#usedBy(lane);
    lane.running.delete(turn);
    const now = this.#clock.now();
    const others = [...lane.running.values()].reduce((sum, began) => sum + now - began, 0);
    lane.usedMs = usedMs - others;
    lane.at = now;
    this.#next();
    for (const [namespace, one] of this.#lanes)
      if (one.running.size + one.waiting.length === 0 && this.#usedBy(one) < 1) this.#lanes.delete(namespace);
  }
}

/** The bytes that wait in this lane. */
function waitingIn({ waiting }: Lane): number {
  return waiting.reduce((sum, { size }) => sum + size, 0);
}

function completing({ waiting }: Lane): boolean {
  return waiting[0]?.completes === true;
}
