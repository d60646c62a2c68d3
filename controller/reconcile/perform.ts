import type { CountingReader } from "../../evidence/counting.ts";
import type { EvidenceReader } from "../../evidence/reader.ts";
import type { Kube } from "../../kube/client/api.ts";
import { isConflict, isNotFound } from "../../kube/client/errors.ts";
import { Fenced } from "../../kube/client/fence.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { goesOutAfter, isRoutePlural, type Write } from "../../kube/core/writes.ts";
import { perform } from "../../kube/runtime/apply.ts";
import type { EtcdRestores } from "../../kube/runtime/etcd-restores.ts";
import type { HookRunner } from "../hooks/runner.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { Flights } from "../telemetry/flights.ts";
import type { Caches } from "./caches.ts";
import type { Observer } from "./observe.ts";

/** The means to reconcile. */
export interface ReconcilerOptions {
  readonly kube: Kube;
  readonly caches: Caches;
  readonly observer: Observer;
  readonly evidence: Pick<EvidenceReader, "of" | "forget">;
  readonly counting: Pick<CountingReader, "of" | "forget">;
  readonly hooks: Pick<HookRunner, "answers" | "make" | "announce" | "forget">;
  /** Tells people of moments. */
  readonly notices: Pick<Notifier, "tellsEnd" | "look" | "wrote" | "told" | "forget">;
  /** Learns where rollouts stand. */
  readonly flights: Pick<Flights, "note" | "wrote" | "forget">;
  /** Knows when etcd was restored from a backup; absent: no one does. */
  readonly restores?: Pick<EtcdRestores, "at" | "includes">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A write that failed, and why. */
export interface Failure {
  readonly write: Write;
  readonly error: unknown;
}

/**
 * The Events that all tries at some writes have sent, by their reason and their place among the Events of that reason, because
 * their numbers may change with every try.
 */
export type SentEvents = Map<string, "recorded" | "refused">;

/** What became of some writes. */
interface Performed {
  readonly failure: Failure | undefined;
  /** The Events that no earlier try has sent, also those that the API server refused: others hear of them all the same. */
  readonly told: readonly Write[];
}

/**
 * Performs writes in order, up to the first failure; some go out after it (`goesOutAfter`). Serin does not record an Event of
 * `sent` again. An Event that fails delays nothing. `uid` is the rollout's; orphans have none.
 */
export async function performAll(
  writes: readonly Write[],
  uid: string | undefined,
  {
    kube,
    caches,
    observer,
    clock,
    log,
  }: Omit<ReconcilerOptions, "evidence" | "counting" | "hooks" | "notices" | "flights" | "restores">,
  sent: SentEvents = new Map(),
): Promise<Performed> {
  const sign = () => ({ fieldManager: "serin", component: "serin", now: clock.now() });
  const failures: Failure[] = [];
  const reasons: string[] = [];
  const told: Write[] = [];
  const send = async (event: Extract<Write, { verb: "event" }>) => {
    try {
      if (!event.unrecorded) await perform(kube, event, sign());
      log.info(fieldsOf(uid, event), "event");
      return "recorded";
    } catch (error) {
      log.warn({ ...fieldsOf(uid, event), err: error }, "record event failed");
      // Fenced: Serin sent nothing.
      return error instanceof Fenced ? undefined : "refused";
    }
  };
  for (const write of writes) {
    if (!failures.every((failed) => goesOutAfter(write, failed.write, isPassing(failed.error)))) break;
    if (write.verb === "event") {
      reasons.push(write.reason);
      const event = `${write.reason} ${reasons.filter((reason) => reason === write.reason).length}`;
      const before = sent.get(event);
      const now = before === "recorded" ? before : await send(write);
      if (now !== undefined) sent.set(event, now);
      if (before === undefined && now !== undefined) told.push(write);
      continue;
    }
    try {
      const stored = await perform(kube, write, sign());
      log.debug(fieldsOf(uid, write), "write");
      if (stored !== undefined) caches.apply(write.kind, stored);
    } catch (error) {
      if (write.verb === "delete" && isNotFound(error)) continue;
      log[isPassing(error) ? "debug" : "warn"]({ ...fieldsOf(uid, write), err: error }, "write failed");
      if (isPassing(error) && isRoutePlural(write.kind)) {
        caches.dropRoute(write);
        // The watches report the others, and Serin lists a ReplicaSet without a mark at each decision.
        if (uid !== undefined) observer.forget(uid);
      }
      failures.push({ write, error });
    }
  }
  return { failure: failures[0], told };
}

/** Whether the object has changed since the decision, so that the next one may succeed. */
function isPassing(error: unknown): boolean {
  return isConflict(error) || isNotFound(error);
}

/** The fields of a log line about a write: the object and the rollout. */
function fieldsOf(uid: string | undefined, write: Write): object {
  if (write.verb !== "event") {
    const { verb, kind, namespace, name } = write;
    return { namespace, name, ...(uid && { uid }), verb, kind };
  }
  const { namespace, name } = write.regarding.metadata;
  return { namespace, name, ...(uid && { uid }), reason: write.reason, message: write.message };
}
