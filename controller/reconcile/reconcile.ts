import { Fenced } from "../../kube/client/fence.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { report } from "../../rollout/stages/condition.ts";
import { decide } from "../../rollout/stages/decide.ts";
import type { Decision } from "../../rollout/stages/decision.ts";
import { eventCalls } from "../../rollout/stages/hook-calls.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { reportWriteFailure } from "../../rollout/stages/write-failure.ts";
import { type Failure, performAll, type ReconcilerOptions } from "./perform.ts";
import { Retries } from "./retries.ts";

/** A rollout has some twenty stages; more rounds than that without rest would be a loop. */
const MOST_ROUNDS = 40;
/** After so many failures in a row people are told: what passes is not worth a write. */
const TELL_AFTER = 3;

/** Brings one rollout on as far as it goes now; returns when to look again, in ms. Throws what reading throws. */
export function reconciler(options: ReconcilerOptions): (uid: string) => Promise<number | undefined> {
  const { caches, observer, evidence, hooks, clock } = options;
  const attempts = new Retries(clock);
  return async (uid) => {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const snapshot = await observer.observe(uid);
      if (snapshot === undefined) {
        for (const memory of [attempts, caches, evidence, hooks]) memory.forget(uid);
        return undefined;
      }
      const decision = decideOn(snapshot, options);
      const told = report(snapshot, decision.condition);
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
        if (tries >= TELL_AFTER && isRefused) await hinder(snapshot, failure, events, options);
        return attempts.waitMs(uid, deeds);
      }
      hooks.make(decision.calls ?? []);
      hooks.announce(eventCalls(snapshot, writes));
    }
    throw new Error(`no rest after ${MOST_ROUNDS} rounds`);
  };
}

/** Tells people what keeps failing, as far as that succeeds. */
async function hinder(
  snapshot: Snapshot,
  { write, error }: Failure,
  told: Set<string>,
  options: ReconcilerOptions,
): Promise<void> {
  const { writes } = reportWriteFailure(snapshot, write, messageOf(error));
  await performAll(writes, snapshot.uid, options, told);
}

/** The first of several instants to look again, in ms from now. */
export function earliest(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function decideOn(
  observed: Snapshot,
  { evidence, hooks }: Pick<ReconcilerOptions, "evidence" | "hooks">,
): Decision {
  const { uid, held, judgeInput } = observed;
  const snapshot = { ...observed, hooks: hooks.answers(uid, held.started) };
  if (judgeInput !== undefined) return decide({ ...snapshot, evidence: evidence.of(judgeInput) });
  evidence.forget(uid);
  return decide(snapshot);
}
