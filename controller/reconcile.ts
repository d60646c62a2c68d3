import type { Clock } from "../kube/clock.ts";
import { isConflict, isNotFound } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import type { Kube } from "../kube/rest.ts";
import { perform } from "../kube/write.ts";
import { decide } from "../rollout/decide.ts";
import { eventCalls } from "../rollout/hook-calls.ts";
import { watchOf } from "../rollout/judge/watch.ts";
import { type Decision, type Seen, uidOf } from "../rollout/seen.ts";
import { tell } from "../rollout/tell.ts";
import type { Write } from "../rollout/write.ts";
import type { Caches } from "./caches.ts";
import type { EvidenceReader } from "./evidence.ts";
import type { Gatherer } from "./gather.ts";
import type { HookRunner } from "./hooks.ts";

/** How long a watch may take to show what a write of ours did, in ms. */
const CATCH_UP_MS = 200;
/** A rollout has some twenty stages; more rounds than that without rest would be a loop. */
const MOST_ROUNDS = 40;

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

/** Brings one rollout on as far as it goes now; returns when to look again, in ms. Throws what the API throws. */
export function reconciler(options: ReconcilerOptions): (uid: string) => Promise<number | undefined> {
  return async (uid) => {
    let before = "";
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const seen = await options.gatherer.see(uid);
      if (seen === undefined) {
        options.caches.forget(uid);
        options.evidence.forget(uid);
        options.hooks.forget(uid);
        return undefined;
      }
      const decision = decideOn(seen, options);
      const told = tell(seen, decision.says);
      const writes = [...decision.writes, ...told.writes];
      if (writes.length === 0) {
        options.hooks.make(decision.calls ?? []);
        return earliest(decision.waitMs, told.waitMs);
      }
      const wanted = JSON.stringify(writes.map(withoutTimes));
      // The same again: the caches have not caught up with what we just wrote.
      if (wanted === before) return CATCH_UP_MS;
      before = wanted;
      if (!(await performAll(writes, uid, options))) return CATCH_UP_MS;
      options.hooks.make(decision.calls ?? []);
      options.hooks.announce(eventCalls(seen, writes));
    }
    throw new Error(`no rest after ${MOST_ROUNDS} rounds`);
  };
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

/** Performs writes in order; false when the cluster has changed since they were decided on. */
export async function performAll(
  writes: readonly Write[],
  uid: string,
  { kube, caches, gatherer, clock, log }: Omit<ReconcilerOptions, "evidence" | "hooks">,
): Promise<boolean> {
  for (const write of writes) {
    try {
      const stored = await perform(kube, write, {
        fieldManager: "serin",
        component: "serin",
        now: clock.now(),
      });
      if (write.verb === "event") log.info({ uid, reason: write.reason, message: write.message }, "event");
      else log.debug({ uid, verb: write.verb, kind: write.kind, name: write.name }, "write");
      if (stored !== undefined && write.verb !== "event") {
        caches.apply(write.kind, stored);
        gatherer.remember(uid, stored, write.kind);
      }
    } catch (error) {
      if (write.verb === "delete" && isNotFound(error)) continue;
      if (!isConflict(error) && !isNotFound(error)) throw error;
      log.debug({ uid, verb: write.verb, err: error }, "changed meanwhile");
      gatherer.forget(uid);
      return false;
    }
  }
  return true;
}

/** Two writes are the same even if they carry another instant. */
function withoutTimes(write: Write): unknown {
  if (write.verb === "event") return { verb: write.verb, reason: write.reason };
  const text = JSON.stringify(write).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
  return text.replaceAll(/"resourceVersion":"\d+"/g, "");
}
