import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import type { HookAnswer, HookAnswers, HookCall } from "../../rollout/hooks/call.ts";
import { forbidden, type HookHost } from "../../rollout/hooks/hosts.ts";
import { CallLimits } from "./limits.ts";
import { type Dispatchers, hookDispatchers, post } from "./post.ts";

/** The means to call hooks. */
export interface HookOptions {
  readonly allowed: readonly HookHost[];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when a hook of the Deployment with this UID answered. */
  readonly onAnswer: (uid: string) => void;
  /** Called after each call that was made, with the time (ms) that it took. */
  readonly onCall?: (type: HookCall["hook"]["type"], result: HookAnswer["kind"], tookMs: number) => void;
  readonly dispatchers?: Dispatchers;
}

/** The most calls at the same time. A slow server of one tenant must not delay the calls of the others. */
const LIMITS = { all: 64, namespace: 16, deployment: 4 } as const;
/** The most events of one Deployment that wait. Beyond that Serin drops the oldest. */
const MOST_EVENTS = 50;
const NOTHING: HookAnswers = new Map();

interface Rollout {
  readonly started: string;
  readonly answers: Map<string, HookAnswer>;
  readonly running: Set<string>;
  readonly stop: AbortController;
}

interface Events {
  readonly waiting: HookCall[];
  dropped: number;
}

/**
 * Calls hooks in the background and keeps their answers until the rollout is over. A controller that restarts calls
 * them again.
 */
export class HookRunner {
  readonly #options: HookOptions & { readonly dispatchers: Dispatchers };
  readonly #rollouts = new Map<string, Rollout>();
  readonly #events = new Map<string, Events>();
  readonly #limits = new CallLimits(LIMITS);

  constructor(options: HookOptions) {
    this.#options = { dispatchers: hookDispatchers(), ...options };
  }

  /** The answers for the rollout that began at this instant (RFC 3339). */
  answers(uid: string, started: string): HookAnswers {
    const rollout = this.#rollouts.get(uid);
    return rollout?.started === started ? rollout.answers : NOTHING;
  }

  /** Makes the calls that neither run nor were answered since the decision to make them. */
  make(calls: readonly HookCall[]): void {
    for (const call of calls) {
      const rollout = this.#rolloutOf(call);
      const known = rollout.answers.get(call.key)?.at;
      if (rollout.running.has(call.key) || known !== call.knownAt) continue;
      rollout.running.add(call.key);
      void this.#ask(call, rollout);
    }
  }

  /** Sends events. Serin waits for no answer, and sends those of one Deployment one after the other. */
  announce(calls: readonly HookCall[]): void {
    for (const call of calls) {
      const events = this.#events.get(call.uid) ?? { waiting: [], dropped: 0 };
      events.waiting.push(call);
      if (events.waiting.length > MOST_EVENTS) {
        events.waiting.shift();
        events.dropped += 1;
      }
      if (this.#events.has(call.uid)) continue;
      this.#events.set(call.uid, events);
      void this.#announceAll(call, events);
    }
  }

  /** Ends the calls of that Deployment and forgets the answers. Serin still sends its events. */
  forget(uid: string): void {
    this.#rollouts.get(uid)?.stop.abort();
    this.#rollouts.delete(uid);
  }

  /** The state of the rollout; drops that of an earlier rollout of the same Deployment. */
  #rolloutOf({ uid, rollout: started }: HookCall): Rollout {
    const present = this.#rollouts.get(uid);
    if (present?.started === started) return present;
    this.forget(uid);
    const rollout = { started, answers: new Map(), running: new Set<string>(), stop: new AbortController() };
    this.#rollouts.set(uid, rollout);
    return rollout;
  }

  async #ask(call: HookCall, rollout: Rollout): Promise<void> {
    const { log, signal, onAnswer } = this.#options;
    const stop = AbortSignal.any([signal, rollout.stop.signal]);
    try {
      const answer = await this.#call(call, stop);
      rollout.answers.set(call.key, answer);
      log.debug({ ...fieldsOf(call), kind: answer.kind }, "hook answered");
      rollout.running.delete(call.key);
      onAnswer(call.uid);
    } catch (error) {
      rollout.running.delete(call.key);
      if (!stop.aborted) log.error({ ...fieldsOf(call), err: error }, "hook call failed");
    }
  }

  async #announceAll({ uid, namespace, payload: { name } }: HookCall, events: Events): Promise<void> {
    const { log, signal } = this.#options;
    for (
      let call = events.waiting.shift();
      call !== undefined && !signal.aborted;
      call = events.waiting.shift()
    ) {
      try {
        const answer = await this.#call(call, signal);
        if (answer.kind !== "yes") log.warn({ ...fieldsOf(call), answer }, "hook refused event");
      } catch (error) {
        if (!signal.aborted) log.error({ ...fieldsOf(call), err: error }, "hook call failed");
      }
    }
    if (events.dropped > 0) {
      log.warn({ namespace, name, uid, dropped: events.dropped }, "hook events dropped");
    }
    this.#events.delete(uid);
  }

  async #call(call: HookCall, signal: AbortSignal): Promise<HookAnswer> {
    const { allowed, clock, dispatchers } = this.#options;
    const { hook, payload } = call;
    const reason = forbidden(hook, allowed);
    if (reason !== undefined) return { kind: "none", at: clock.now(), reason };
    return this.#limits.run(call, async () => {
      // The rollout may have ended while the call waited.
      signal.throwIfAborted();
      const began = clock.now();
      const answer = await post({ hook, payload, clock, signal, dispatchers });
      this.#options.onCall?.(hook.type, answer.kind, clock.now() - began);
      return answer;
    });
  }
}

/** The fields of a log line: the Deployment and the hook. */
function fieldsOf({ uid, namespace, payload, hook }: HookCall): object {
  return { namespace, name: payload.name, uid, hook: hook.name };
}
