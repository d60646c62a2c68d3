import type { Kube } from "../kube/client/api.ts";
import { isConflict, isNotFound } from "../kube/client/errors.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { Queue } from "../kube/runtime/queue.ts";
import type { HookHost } from "../rollout/hooks/hosts.ts";
import type { Prometheus } from "./evidence/prometheus.ts";
import { EvidenceReader } from "./evidence/reader.ts";
import type { ReadTemplateChecks } from "./evidence/template-checks.ts";
import { HookRunner } from "./hooks/runner.ts";
import { Caches } from "./reconcile/caches.ts";
import { Observer } from "./reconcile/observe.ts";
import { inFlightUids, Orphans } from "./reconcile/orphans.ts";
import { earliest, reconciler } from "./reconcile/reconcile.ts";
import { tracker } from "./reconcile/tracking.ts";

/** The queue's key for the sweep of orphans. All other keys are UIDs of Deployments. */
const SWEEP = "sweep";

/** The means of the controller. */
export interface ControllerOptions {
  readonly kube: Kube;
  readonly prometheus: Prometheus;
  readonly gates: ReadTemplateChecks;
  /** The hosts that hooks may call. */
  readonly hookHosts: readonly HookHost[];
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the work begins; `workMs` is the duration of the longest work that runs when it is called. */
  readonly onWork: (workMs: () => number) => void;
}

/** How long (ms) the copies may take. Without them the leader can do nothing, so another replica should try. */
const COPIES_MS = 5 * 60_000;

/**
 * Runs all rollouts until the signal aborts and running work has ended. Only one controller may run at a time. Throws if
 * the copies of the objects in flight are not complete in time.
 */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const { kube, prometheus, gates, hookHosts, clock, log, onWork } = options;
  const caches = new Caches({ kube, clock, log, signal });
  const queue = new Queue({ onError: failureReporter(log, caches), clock, signal });
  const look = (uids: readonly string[]) => {
    for (const uid of uids) if (caches.deployment(uid) !== undefined) queue.add(uid);
  };
  const onAnswer = (uid: string) => look([uid]);
  const hooks = new HookRunner({ allowed: hookHosts, clock, log, signal, onAnswer });
  const evidence = new EvidenceReader({ prometheus, gates, clock, log, signal, onRead: look });
  const needs = { kube, caches, observer: new Observer({ kube, caches, clock }), clock, log };
  const orphans = new Orphans({ ...needs, look });
  const reconcile = reconciler({ ...needs, evidence, hooks });
  const track = tracker(needs);

  const ended = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  await awaitCopies(caches, clock, signal);
  if (signal.aborted) return;
  caches.listen((uids) => {
    for (const uid of uids) {
      const due = orphans.note(uid);
      // Reconciling a rollout that has ended makes Serin forget it and end the watch on its pods.
      if (due.look) queue.add(uid);
      if (due.sweepInMs === 0) queue.add(SWEEP);
      else if (due.sweepInMs !== undefined) queue.addAfter(SWEEP, due.sweepInMs);
    }
  });
  log.info({ inFlight: inFlightUids(caches).length }, "controller leads");
  queue.add(SWEEP);
  queue.start(async (key) => {
    if (signal.aborted) return undefined;
    return key === SWEEP ? orphans.sweep() : earliest(await reconcile(key), await track(key));
  });
  onWork(() => queue.longestMs());
  await ended.promise;
  // The next leader must not begin while a write of this one may still be on its way.
  await queue.ended();
}

/** Resolves when the copies are complete, or when the signal aborts. */
async function awaitCopies(caches: Caches, clock: Clock, signal: AbortSignal): Promise<void> {
  const complete = new AbortController();
  const over = AbortSignal.any([signal, complete.signal]);
  const until = clock.now() + COPIES_MS;
  caches.synced().then(
    () => complete.abort(),
    // The signal has aborted.
    () => {},
  );
  while (!over.aborted && clock.now() < until) await clock.sleep(until - clock.now(), over).catch(() => {});
  if (over.aborted) return;
  throw new Error(`the copy of ${caches.missing().join(", ")} is not complete after ${COPIES_MS / 1_000} s`);
}

function failureReporter(log: Log, caches: Caches) {
  return (key: string, err: unknown, retryInMs: number) => {
    // A conflict with another writer is normal.
    const level = isConflict(err) || isNotFound(err) ? "debug" : "error";
    if (key === SWEEP) return log[level]({ err, retryInMs }, "sweep failed");
    const { namespace, name } = caches.deployment(key)?.metadata ?? {};
    log[level]({ namespace, name, uid: key, err, retryInMs }, "reconcile failed");
  };
}
