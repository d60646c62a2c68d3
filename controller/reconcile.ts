import type { Clock } from "../kube/clock.ts";
import { isConflict, isNotFound } from "../kube/errors.ts";
import { Fenced } from "../kube/fence.ts";
import type { Log } from "../kube/log.ts";
import type { Kube } from "../kube/rest.ts";
import { perform } from "../kube/write.ts";
import { decide } from "../rollout/decide.ts";
import { tellHindrance } from "../rollout/hindrance.ts";
import { eventCalls } from "../rollout/hook-calls.ts";
import { watchOf } from "../rollout/judge/watch.ts";
import { type Decision, type Seen, uidOf } from "../rollout/seen.ts";
import { tell } from "../rollout/tell.ts";
import { isRoutePlural, type Write } from "../rollout/write.ts";
import { Attempts } from "./attempts.ts";
import type { Caches } from "./caches.ts";
import type { EvidenceReader } from "./evidence.ts";
import type { Gatherer } from "./gather.ts";
import type { HookRunner } from "./hooks.ts";

/** A rollout has some twenty stages; more rounds than that without rest would be a loop. */
const MOST_ROUNDS = 40;
/** After so many failures in a row people are told: what passes is not worth a write. */
const TELL_AFTER = 3;

/** What reconciling needs. */
export interface ReconcilerOptions {
  readonly kube: Kube;
  readonly caches: Caches;
  readonly gatherer: Gatherer;
  readonly evidence: Pick<EvidenceReader, "of" | "forget">;
  readonly hooks: Pick<HookRunner, "answers" | "make" | "announce" | "forget">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings one rollout on as far as it goes now; returns when to look again, in ms. Throws what reading throws. */
export function reconciler(options: ReconcilerOptions): (uid: string) => Promise<number | undefined> {
  const { caches, gatherer, evidence, hooks, clock } = options;
  const attempts = new Attempts(clock);
  return async (uid) => {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const seen = await gatherer.see(uid);
      if (seen === undefined) {
        for (const memory of [attempts, caches, evidence, hooks]) memory.forget(uid);
        return undefined;
      }
      const decision = decideOn(seen, options);
      const told = tell(seen, decision.says);
      // What is told goes with what is done, and is no progress of its own.
      const deeds = decision.writes.length > 0 ? decision.writes : told.writes;
      if (deeds.length === 0) {
        attempts.forget(uid);
        hooks.make(decision.calls ?? []);
        return earliest(decision.waitMs, told.waitMs);
      }
      const waitMs = attempts.waitMs(uid, deeds);
      if (waitMs > 0) return waitMs;
      const events = attempts.toldOf(uid, deeds);
      const writes = [...decision.writes, ...told.writes];
      const failure = await performAll(writes, uid, options, events);
      const tries = attempts.note(uid, deeds, events, failure?.error);
      if (failure !== undefined) {
        // Another leads by now: nothing was refused, and it will write.
        const isRefused = !(failure.error instanceof Fenced);
        if (tries >= TELL_AFTER && isRefused) await hinder(seen, failure, events, options);
        return attempts.waitMs(uid, deeds);
      }
      hooks.make(decision.calls ?? []);
      hooks.announce(eventCalls(seen, writes));
    }
    throw new Error(`no rest after ${MOST_ROUNDS} rounds`);
  };
}

/** Tells people what keeps failing, as far as that succeeds. */
async function hinder(
  seen: Seen,
  { write, error }: Failure,
  told: Set<string>,
  options: ReconcilerOptions,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  await performAll(tellHindrance(seen, write, reason).writes, uidOf(seen), options, told);
}

/** The first of several instants to look again, in ms from now. */
export function earliest(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function decideOn(
  gathered: Seen,
  { evidence, hooks }: Pick<ReconcilerOptions, "evidence" | "hooks">,
): Decision {
  const seen = { ...gathered, hooks: hooks.answers(uidOf(gathered), gathered.held.started) };
  const watch = watchOf(seen);
  if (watch !== undefined) return decide({ ...seen, evidence: evidence.of(watch) });
  evidence.forget(uidOf(seen));
  return decide(seen);
}

/** A write that failed, and why. */
export interface Failure {
  readonly write: Write;
  readonly error: unknown;
}

/**
 * Performs writes in order up to the first that fails; of several to routes each by itself, as what one owner's policy refuses
 * must leave no weight on the routes of others. Events are for people: the reasons in `told` are not recorded again, and
 * one that cannot be recorded holds nothing up. Returns the first failure.
 */
export async function performAll(
  writes: readonly Write[],
  uid: string,
  { kube, caches, gatherer, clock, log }: Omit<ReconcilerOptions, "evidence" | "hooks">,
  told = new Set<string>(),
): Promise<Failure | undefined> {
  const sign = () => ({ fieldManager: "serin", component: "serin", now: clock.now() });
  let failure: Failure | undefined;
  for (const write of writes) {
    if (failure !== undefined && !(isRouteWrite(failure.write) && isRouteWrite(write))) break;
    try {
      if (write.verb === "event") {
        if (told.has(write.reason)) continue;
        await perform(kube, write, sign());
        told.add(write.reason);
        log.info({ uid, reason: write.reason, message: write.message }, "event");
        continue;
      }
      const stored = await perform(kube, write, sign());
      log.debug({ uid, verb: write.verb, kind: write.kind, name: write.name }, "write");
      if (stored === undefined) continue;
      caches.apply(write.kind, stored);
      gatherer.remember(uid, stored, write.kind);
    } catch (error) {
      if (write.verb === "delete" && isNotFound(error)) continue;
      if (write.verb === "event") {
        log.warn({ uid, reason: write.reason, message: write.message, err: error }, "event not recorded");
        continue;
      }
      const { verb, kind, name } = write;
      const isPassing = isConflict(error) || isNotFound(error);
      log[isPassing ? "debug" : "warn"]({ uid, verb, kind, name, err: error }, "write failed");
      if (isPassing) gatherer.forget(uid);
      failure ??= { write, error };
    }
  }
  return failure;
}

function isRouteWrite(write: Write): boolean {
  return write.verb !== "event" && isRoutePlural(write.kind);
}
