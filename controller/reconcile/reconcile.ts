import { Fenced } from "../../kube/client/fence.ts";
import { listLeading } from "../../kube/client/ingresses.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import type { Ingress } from "../../kube/core/ingresses.ts";
import type { Write } from "../../kube/core/writes.ts";
import { memoize } from "../../providers/memo.ts";
import { countingQuestionOf } from "../../rollout/stages/counting.ts";
import { decide } from "../../rollout/stages/decide.ts";
import type { Decision } from "../../rollout/stages/decision.ts";
import { eventCalls } from "../../rollout/stages/hook-calls.ts";
import { retell } from "../../rollout/stages/retell.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { verdictOf } from "../../rollout/stages/step-verdict.ts";
import { reportWriteFailure } from "../../rollout/stages/write-failure.ts";
import { type Failure, performAll, type ReconcilerOptions, type SentEvents } from "./perform.ts";
import { ReadFailures } from "./read-failures.ts";
import { Retries } from "./retries.ts";

/** A rollout has some twenty stages, so more rounds without a wait must be a loop. */
const MOST_ROUNDS = 40;
/** After so many failures in a row, the condition reports the failure. A passing failure is not worth a write. */
const REPORT_AFTER = 3;
/** The same for writes that the API server accepts and that change nothing: the caches may lag for the first ones. */
const REPORT_LOST_AFTER = 5;
/** Why a write that the API server accepts may change nothing. */
const LOST =
  "the API server accepts it and stores something else; check which other webhook or policy changes it back";

/** How long (ms) a namespace's list of Ingresses and HTTPProxies counts: they explain why a canary gets no requests. */
const INGRESSES_MS = 30_000;
const MOST_NAMESPACES = 100;

/** Moves one rollout on as far as possible. Returns when to reconcile again, in ms. Throws the errors of reads. */
export function reconciler(options: ReconcilerOptions): (uid: string) => Promise<number | undefined> {
  const { caches, observer, evidence, counting, hooks, notices, flights, clock } = options;
  const attempts = new Retries(clock);
  const reads = new ReadFailures(options);
  const kept = { clock, forMs: INGRESSES_MS, failureForMs: 0, most: MOST_NAMESPACES };
  const ingressesOf = memoize(kept, (namespace) => listLeading(options.kube, namespace));
  /** Performs writes. Others hear of the Events at once: after a failure, the next decision may have none of them again. */
  const write = async (snapshot: Snapshot, writes: readonly Write[], sent?: SentEvents) => {
    const { failure, told } = await performAll(writes, snapshot.uid, options, sent);
    hooks.announce(eventCalls(snapshot, told));
    flights.wrote(snapshot, told);
    notices.wrote(snapshot, told);
    return failure;
  };
  return async (uid) => {
    const beginsMs = observer.untilSeen(uid);
    if (beginsMs !== undefined) return beginsMs;
    let isRecorded = false;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const snapshot = await reads.telling(uid, () => observer.observe(uid));
      if (snapshot === undefined) {
        for (const memory of [attempts, caches, evidence, counting, hooks, notices, flights])
          memory.forget(uid);
        return undefined;
      }
      const { judged, decision } = await decideOn(snapshot, { ...options, ingressesOf });
      flights.note(judged, decision);
      const noticeMs = notices.look(judged, decision);
      const reported = retell(judged, decision);
      // Reports go out with the decision's writes. A report alone does not count as progress.
      const progress = decision.writes.length > 0 ? decision.writes : reported.writes;
      if (progress.length === 0) {
        attempts.forget(uid);
        hooks.make(decision.calls ?? []);
        // Last and alone, so that a write which concerns no traffic delays none that does.
        const told: readonly Write[] = isRecorded ? [] : notices.told(judged);
        isRecorded = told.length > 0;
        if (isRecorded && (await write(snapshot, told)) === undefined) continue;
        return earliest(decision.waitMs, reported.waitMs, noticeMs);
      }
      const waitMs = attempts.waitMs(uid, progress);
      if (waitMs > 0) return waitMs;
      const sent = attempts.sentOf(uid, progress);
      const failure = await write(snapshot, [...decision.writes, ...reported.writes], sent);
      const tries = attempts.note(uid, progress, sent, failure?.error);
      const lost =
        failure === undefined && tries >= REPORT_LOST_AFTER ? lostWrite(decision.writes) : undefined;
      // The report itself may fail as well.
      if (lost !== undefined) await write(snapshot, failureReport(snapshot, lost), sent);
      if (failure !== undefined) {
        // Fenced means that another replica leads by now or this one begins anew. The API server refused nothing, and the
        // next work will write.
        const isRefused = !(failure.error instanceof Fenced);
        if (tries >= REPORT_AFTER && isRefused) await write(snapshot, failureReport(snapshot, failure), sent);
        return attempts.waitMs(uid, progress);
      }
      hooks.make(decision.calls ?? []);
    }
    throw new Error(`reconcile did not settle in ${MOST_ROUNDS} rounds`);
  };
}

/** The first write to an object; `undefined` if there is none. */
function lostWrite(writes: readonly Write[]): Failure | undefined {
  const write = writes.find(({ verb }) => verb !== "event");
  return write && { write, error: new Error(LOST) };
}

/** The writes that report a write which keeps failing. */
function failureReport(snapshot: Snapshot, { write, error }: Failure): readonly Write[] {
  return reportWriteFailure(snapshot, write, messageOf(error)).writes;
}

/** The shortest of several waits, in ms. */
export function earliest(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

type Means = Pick<ReconcilerOptions, "evidence" | "counting" | "hooks" | "notices" | "restores"> & {
  readonly ingressesOf: (namespace: string) => Promise<readonly Ingress[]>;
};

/** The decision, and the snapshot with the memories on which it was made. */
async function decideOn(
  observed: Snapshot,
  { evidence, counting, hooks, notices, restores, ingressesOf }: Means,
): Promise<{ judged: Snapshot; decision: Decision }> {
  const { uid, held, judgeInput, deployment } = observed;
  const tellsEnd = notices.tellsEnd(observed);
  const restoredAt = restores?.at;
  // Another leader may have noticed the same restore earlier, and have judged the canary anew. NaN: none has.
  const isJudged = restores?.includes(Date.parse(observed.run?.judgedSince ?? ""));
  if (judgeInput === undefined) evidence.forget(uid);
  const known: Snapshot = {
    ...observed,
    hooks: hooks.answers(uid, held.started),
    tellsEnd,
    ...(restoredAt !== undefined && !isJudged && { restoredAt }),
    ...(judgeInput !== undefined && { evidence: evidence.of(judgeInput) }),
  };
  const question = countingQuestionOf(known);
  const judged = question === undefined ? known : { ...known, counting: counting.of(question) };
  if (verdictOf(judged)?.kind !== "no-route") return { judged, decision: decide(judged) };
  const ingresses = await ingressesOf(deployment.metadata.namespace ?? "");
  return { judged, decision: decide({ ...judged, ingresses }) };
}
