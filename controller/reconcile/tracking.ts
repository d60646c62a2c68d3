import type { Kube } from "../../kube/client/api.ts";
import { type Content, digestOf } from "../../kube/client/digest.ts";
import { isForbidden, isNotFound } from "../../kube/client/errors.ts";
import { listReplicaSets } from "../../kube/client/replica-sets.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import type { Log } from "../../kube/core/log.ts";
import { configMaps } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { perform } from "../../kube/runtime/apply.ts";
import { CHANGED } from "../../rollout/keys.ts";
import { isOptedIn } from "../../rollout/plan/plan.ts";
import { decideTrack, TRACKER, type Tracking, untilDue } from "../../rollout/tracking/decide.ts";
import { type PendingRecord, pendingRecordOf } from "../../rollout/tracking/pending.ts";
import { usesOf } from "../../rollout/tracking/uses.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { leanReplicaSet } from "../../rollout/workload/lean-replica-set.ts";
import { planOf } from "../../rollout/workload/plan-of.ts";
import { hashOf } from "../../rollout/workload/template.ts";
import { removeRunRecord, writeEvent } from "../../rollout/workload/writes.ts";
import type { Caches } from "./caches.ts";
import type { Observer } from "./observe.ts";

/** How long (ms) Serin retries a refused template: admission may wait for a gateway, or for an earlier rollout. */
const PATIENCE_MS = 120_000;
const AGAIN_MS = 5_000;

/** The means to track. */
export interface TrackerOptions {
  readonly kube: Kube;
  readonly caches: Pick<Caches, "deployment" | "apply">;
  readonly observer: Pick<Observer, "observe">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Changes the template of a Deployment whose ConfigMap or Secret has changed, once the API server has stored the change.
 * Returns when to look again, in ms. Never waits itself. Throws the errors of the API.
 */
export function tracker(options: TrackerOptions): (uid: string) => Promise<number | undefined> {
  const { caches, clock } = options;
  return async (uid) => {
    const deployment = caches.deployment(uid);
    const changed = deployment && pendingRecordOf(deployment);
    if (deployment === undefined || changed === undefined) return undefined;
    const waitMs = untilDue(changed, clock.now());
    if (waitMs > 0) return waitMs;
    const tracking = await look(options, deployment, changed);
    switch (tracking.kind) {
      case "wait":
        return tracking.waitMs;
      case "drop":
        await forget(options, deployment, tracking.write);
        return undefined;
      case "roll":
        return roll(options, deployment, changed, tracking);
      default:
        return tracking satisfies never;
    }
  };
}

async function look(
  { kube, observer, clock }: TrackerOptions,
  deployment: Deployment,
  changed: PendingRecord,
) {
  const { uid = "", annotations } = deployment.metadata;
  const held = holdRecordOf(deployment);
  const snapshot = held === undefined ? undefined : await observer.observe(uid);
  const stable = snapshot?.replicaSets.find((set) => hashOf(set) === held?.stable)?.spec.template;
  return decideTrack({
    now: clock.now(),
    deployment,
    changed,
    held,
    tracks: isOptedIn(annotations) && planOf(deployment).track === "on",
    stable,
    stored: await readStored(kube, deployment, changed),
  });
}

/** The digests of the stored ConfigMaps. */
async function readStored(kube: Kube, deployment: Deployment, { changes }: PendingRecord) {
  const uses = usesOf(deployment.spec.template);
  const { namespace } = deployment.metadata;
  const names = Object.keys(changes).filter((object) => object.startsWith("configmap/"));
  const read = names.map(async (object): Promise<[string, string][]> => {
    const name = object.slice("configmap/".length);
    try {
      const found = await kube.get<Content>(configMaps, { namespace, name });
      return [[object, digestOf(found, uses.get(object)?.keys ?? "all")]];
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  });
  return new Map((await Promise.all(read)).flat());
}

async function roll(
  options: TrackerOptions,
  deployment: Deployment,
  changed: PendingRecord,
  { write, message, drop }: Tracking & { kind: "roll" },
): Promise<number | undefined> {
  try {
    await put(options, write, TRACKER);
    await put(options, writeEvent(deployment, "Normal", "ConfigChanged", message));
    return undefined;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (options.clock.now() < Date.parse(changed.at) + PATIENCE_MS) return AGAIN_MS;
    const outcome = `${message}, but no canary started: ${messageOf(error)}`;
    await forget(options, deployment, drop);
    await put(options, writeEvent(deployment, "Warning", "ConfigNotRolledOut", outcome));
    return undefined;
  }
}

/** Native control copies the mark onto the ReplicaSet. In flight, Serin removes that copy with the rollout's record. */
async function forget(options: TrackerOptions, deployment: Deployment, write: Write): Promise<void> {
  await put(options, write);
  if (holdRecordOf(deployment) !== undefined) return;
  const own = await listReplicaSets(options.kube, deployment, leanReplicaSet);
  const copies = own.filter(({ metadata }) => metadata.annotations?.[CHANGED] !== undefined);
  for (const copy of copies) await put(options, removeRunRecord(copy));
}

async function put({ kube, caches, clock, log }: TrackerOptions, write: Write, fieldManager = "serin") {
  const stored = await perform(kube, write, { fieldManager, component: "serin", now: clock.now() });
  if (write.verb === "event") {
    const { namespace, name, uid } = write.regarding.metadata;
    log.info({ namespace, name, uid, reason: write.reason, message: write.message }, "event");
  }
  if (write.verb !== "event" && stored !== undefined) caches.apply(write.kind, stored);
}
