import { CountingReader } from "../evidence/counting.ts";
import { Namesakes } from "../evidence/namesakes.ts";
import type { Prometheus } from "../evidence/prometheus.ts";
import { EvidenceReader } from "../evidence/reader.ts";
import { readersBy } from "../evidence/readers.ts";
import type { ReadTemplateChecks } from "../evidence/template-checks.ts";
import type { Kube } from "../kube/client/api.ts";
import { isConflict, isNotFound } from "../kube/client/errors.ts";
import { fenced } from "../kube/client/fence.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import type { EtcdRestores } from "../kube/runtime/etcd-restores.ts";
import { Queue } from "../kube/runtime/queue.ts";
import type { HookHost } from "../rollout/hooks/hosts.ts";
import { type HookOptions, HookRunner } from "./hooks/runner.ts";
import { openNotices } from "./notify/open-notices.ts";
import { Caches } from "./reconcile/caches.ts";
import { removeLeftHolds } from "./reconcile/left-holds.ts";
import { inFlightUids } from "./reconcile/marked.ts";
import { ownerKey } from "./reconcile/marks.ts";
import { Observer } from "./reconcile/observe.ts";
import { Orphans } from "./reconcile/orphans.ts";
import { earliest, reconciler } from "./reconcile/reconcile.ts";
import { tracker } from "./reconcile/tracking.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

/** In place of a UID in a key of the queue: the sweep of the namespace. */
const SWEEP = "sweep";
/** The key of the resync, in no tenant's namespace. */
const RESYNC = "/resync";
/** The queue's key for the Deployments that a copy in flight has left under the hold. */
const LEFT_HOLDS = "/left-holds";
/** How often (ms) Serin reconciles every rollout, in case an event was lost. This costs no request. */
const RESYNC_MS = 5 * 60_000;
/** How long (ms) a rollout rests after a reconcile: long enough for the echo of its writes, short beside what a gateway needs. */
const REST_MS = 100;

/** The means of the controller. */
export interface ControllerOptions {
  readonly kube: Kube;
  /** Serin's own namespace, which holds the receivers of notices. */
  readonly namespace: string;
  /** The Prometheus that counts for a plan, by the name of a provider that the plan gives. */
  readonly prometheus: (name?: string) => Prometheus;
  readonly gates: ReadTemplateChecks;
  /** The hosts that hooks may call. */
  readonly hookHosts: readonly HookHost[];
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Knows when etcd was restored from a backup; absent: no one does. */
  readonly restores?: Pick<EtcdRestores, "at" | "includes" | "note">;
  /** Called when the work begins; `workMs` is the duration of the longest work that runs when it is called. */
  readonly onWork: (workMs: () => number) => void;
}

/** How long (ms) the copies may take. Without them the leader can do nothing, so another replica should try. */
const COPIES_MS = 5 * 60_000;

/**
 * Runs all rollouts until the signal aborts and running work has ended. It begins no write after the signal. Only one
 * controller may run at a time. Throws if the copies of the objects in flight are not complete in time.
 */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const { namespace, prometheus, gates, hookHosts, clock, log, telemetry, restores, onWork } = options;
  // Work that has begun does not look at the signal. After a restore of etcd, its copies are of different instants.
  const until = () => (signal.aborted ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  const kube = fenced(options.kube, until, clock);
  const caches = new Caches({ kube, clock, log, signal, onRestored: () => restores?.note() });
  const namespaceOf = (key: string) => rolloutOf(key).namespace;
  const onBegin = (waitedMs: number) => telemetry.began(waitedMs);
  const onError = failureReporter(log, caches);
  const queue = new Queue({ namespaceOf, onBegin, onError, clock, signal, restMs: REST_MS });
  telemetry.follow(() => queue.depth());
  const look = (uids: readonly string[]) => {
    for (const uid of uids) {
      const deployment = caches.deployment(uid);
      if (deployment !== undefined) queue.add(ownerKey(deployment.metadata));
    }
  };
  const onAnswer = (uid: string) => look([uid]);
  const onCall: HookOptions["onCall"] = (...call) => telemetry.called(...call);
  const hooks = new HookRunner({ allowed: hookHosts, clock, log, signal, onAnswer, onCall });
  const notices = openNotices({
    ...{ kube, namespace, clock, log, signal, series: telemetry.notices },
    look: (uid) => look([uid]),
    lookAtAll: () => look(inFlightUids(caches)),
  });
  const namesakes = new Namesakes({ routes: caches.routes, clock });
  const reading = { namesakes, gates, clock, log, signal, onRead: look };
  const evidence = readersBy((name) => new EvidenceReader({ prometheus: prometheus(name), ...reading }));
  const counting = new CountingReader({ prometheus, namesakes, clock, log, onRead: look });
  const means = { kube, caches, clock, log };
  const needs = { ...means, observer: new Observer(means) };
  const orphans = new Orphans({ ...needs, look });
  const { notifier } = notices;
  const flying = { hooks, notices: notifier, flights: telemetry.flights };
  const reconcile = reconciler({ ...needs, evidence, counting, ...(restores && { restores }), ...flying });
  const track = tracker(needs);

  const ended = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  await Promise.all([awaitCopies(caches, clock, signal), notices.ready()]);
  if (signal.aborted) return;
  caches.listen((change) => {
    const { lookIn, sweeps } = orphans.note(change);
    // Reconciling a rollout that has ended makes Serin forget it and end the watch on its pods.
    if (lookIn !== undefined) queue.add(ownerKey({ namespace: lookIn, uid: change.uid }));
    for (const [namespace, inMs] of sweeps) {
      if (inMs === 0) queue.add(ownerKey({ namespace, uid: SWEEP }));
      else queue.addAfter(ownerKey({ namespace, uid: SWEEP }), inMs);
    }
  });
  log.info({ inFlight: inFlightUids(caches).length }, "controller leads");
  queue.add(RESYNC);
  queue.add(LEFT_HOLDS);
  queue.start(async (key) => {
    if (signal.aborted) return undefined;
    if (key === RESYNC) {
      for (const namespace of orphans.resync()) queue.add(ownerKey({ namespace, uid: SWEEP }));
      return RESYNC_MS;
    }
    if (key === LEFT_HOLDS) return removeLeftHolds(needs).then(() => undefined);
    const { namespace, uid } = rolloutOf(key);
    if (uid === SWEEP) return orphans.sweep(namespace);
    return telemetry.reconcile(async () => earliest(await reconcile(uid), await track(uid)));
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

/** The rollout of a key of the queue (ownerKey). */
function rolloutOf(key: string): { readonly namespace: string; readonly uid: string } {
  const at = key.indexOf("/");
  return { namespace: key.slice(0, at), uid: key.slice(at + 1) };
}

function failureReporter(log: Log, caches: Caches) {
  return (key: string, err: unknown, retryInMs: number) => {
    // A conflict with another writer is normal.
    const level = isConflict(err) || isNotFound(err) ? "debug" : "error";
    const { namespace, uid } = rolloutOf(key);
    if (uid === SWEEP) return log[level]({ namespace, err, retryInMs }, "sweep failed");
    if (key === LEFT_HOLDS) return log[level]({ err, retryInMs }, "holds without a record not removed");
    const { name } = caches.deployment(uid)?.metadata ?? {};
    log[level]({ namespace, name, uid, err, retryInMs }, "reconcile failed");
  };
}
