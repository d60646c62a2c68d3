import type { Kube } from "../kube/client/api.ts";
import { isConflict, isNotFound } from "../kube/client/errors.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import type { Write } from "../kube/core/writes.ts";
import { Queue } from "../kube/runtime/queue.ts";
import { isTakenOver, sweep } from "../rollout/cleanup/orphans.ts";
import type { HookHost } from "../rollout/hooks/hosts.ts";
import { FLIGHT, HELD } from "../rollout/keys.ts";
import type { Prometheus } from "./evidence/prometheus.ts";
import { EvidenceReader } from "./evidence/reader.ts";
import type { ReadTemplateChecks } from "./evidence/template-checks.ts";
import { HookRunner } from "./hooks/runner.ts";
import { Caches } from "./reconcile/caches.ts";
import { Observer } from "./reconcile/observe.ts";
import { type Failure, performAll } from "./reconcile/perform.ts";
import { earliest, reconciler } from "./reconcile/reconcile.ts";
import { tracker } from "./reconcile/tracking.ts";

/** The key under which the queue looks for what belongs to no rollout. */
const SWEEP = "sweep";
/** How long after something lost its Deployment it is looked for, in ms. */
const SWEEP_AFTER_MS = 500;
/** Everything is looked at again after so long (ms), in case an event was lost: it costs no request. */
const RESYNC_MS = 5 * 60_000;

/** What the controller needs. */
export interface ControllerOptions {
  readonly kube: Kube;
  readonly prometheus: Prometheus;
  readonly gates: ReadTemplateChecks;
  /** Whom hooks may call. */
  readonly hookHosts: readonly HookHost[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs all rollouts until the signal aborts and what was under way has ended. Only one controller may do so at a time. */
export async function runController(
  { kube, prometheus, gates, hookHosts, clock, log }: ControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const flown = new Set<string>();
  const landed = new Map<string, number>();
  const ended = Promise.withResolvers<void>();
  if (signal.aborted) ended.resolve();
  else signal.addEventListener("abort", () => ended.resolve(), { once: true });
  const onChange = (uids: readonly string[]) => {
    for (const uid of uids) {
      const present = caches.deployment(uid) !== undefined;
      const lands = !present && flown.delete(uid);
      if (present) flown.add(uid);
      if (lands) landed.set(uid, clock.now());
      // Whoever looks at what has landed forgets it, and follows its pods no longer.
      if (present || lands) queue.add(uid);
      if (present) continue;
      if (isTakenOverFrom(uid)) queue.add(SWEEP);
      // The last write of a rollout may still be under way.
      else queue.addAfter(SWEEP, SWEEP_AFTER_MS);
    }
  };
  const caches: Caches = new Caches({
    kube,
    clock,
    log,
    signal,
    onChange: (uids) => started && onChange(uids),
  });
  let started = false;
  const observer = new Observer({ kube, caches, clock });
  const onRead = (uids: readonly string[]) => {
    for (const uid of uids) if (caches.deployment(uid) !== undefined) queue.add(uid);
  };
  const hooks = new HookRunner({
    allowed: hookHosts,
    clock,
    log,
    signal,
    onAnswer: (uid) => onRead([uid]),
  });
  const evidence = new EvidenceReader({ prometheus, gates, clock, log, signal, onRead });
  const track = tracker({ kube, caches, observer, clock, log });
  const reconcile = reconciler({ kube, caches, observer, evidence, hooks, clock, log });
  /** Native control scales its canary already as another Deployment wants. */
  const isTakenOverFrom = (uid: string) =>
    caches.replicaSets.list().some((set) => set.metadata.labels?.[FLIGHT] === uid && isTakenOver(set));
  const inFlight = () =>
    caches.deployments
      .list()
      .filter(
        ({ metadata }) =>
          metadata.annotations?.[HELD] !== undefined && metadata.deletionTimestamp === undefined,
      )
      .map(({ metadata }) => metadata.uid ?? "");

  const queue = new Queue({
    work: async (key) => {
      if (signal.aborted) return undefined;
      if (key === SWEEP) return sweepAll();
      return earliest(await reconcile(key), await track(key));
    },
    onError: (key, err, retryInMs) => {
      // That others write, too, is no news.
      const level = isConflict(err) || isNotFound(err) ? "debug" : "error";
      log[level]({ uid: key, err, retryInMs }, "rollout not brought on");
    },
    clock,
    signal,
  });

  /** Each by itself: what one tenant's policy refuses must not keep the others from theirs. */
  async function giveBack(writes: readonly Write[]): Promise<void> {
    const failures: Failure[] = [];
    for (const write of writes) {
      const failure = await performAll([write], SWEEP, { kube, caches, observer, clock, log });
      if (failure !== undefined) failures.push(failure);
    }
    if (failures[0] !== undefined) throw failures[0].error;
  }

  async function sweepAll(): Promise<number> {
    const uids = new Set(inFlight());
    const [services, routes, replicaSets] = [
      caches.services.list(),
      caches.routes(),
      caches.replicaSets.list(),
    ];
    const { writes, waitMs } = sweep({
      now: clock.now(),
      inFlight: uids,
      landed,
      services,
      routes,
      replicaSets,
    });
    // It tells when Services may be given back; the map must not grow for ever.
    const marked = new Set(services.map(({ metadata }) => metadata.labels?.[FLIGHT]));
    for (const uid of landed.keys()) if (!marked.has(uid)) landed.delete(uid);
    for (const write of writes) {
      if (write.verb !== "event")
        log.info({ kind: write.kind, namespace: write.namespace, name: write.name }, "given back");
    }
    if (writes.length > 0) {
      await giveBack(writes);
      return 1_000;
    }
    for (const uid of uids) {
      flown.add(uid);
      queue.add(uid);
    }
    return waitMs ?? RESYNC_MS;
  }

  await Promise.race([caches.synced(), ended.promise]);
  if (signal.aborted) return;
  started = true;
  log.info({ inFlight: inFlight().length }, "controller leads");
  queue.add(SWEEP);
  await ended.promise;
  // The next leader must not begin while a write of ours may still be on its way.
  await queue.ended();
}
