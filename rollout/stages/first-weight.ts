import { conditionOf } from "../../kube/core/meta.ts";
import { instant } from "../text/instant.ts";
import { progressDeadlineMs } from "../workload/hold.ts";
import type { ConditionUpdate, Decision } from "./decision.ts";
import { stepSince } from "./health.ts";
import { rewrite } from "./hook-record.ts";
import { rollBack } from "./rollback.ts";
import { isRouted, type Snapshot } from "./snapshot.ts";

/** Some stages have the same deadline and name the pod or the gateway that missed it: they come first. */
const LATER_MS = 10_000;

/**
 * Rolls back a canary that waits for its first weight at the Deployment's deadline, whatever it waits for. The time in which it
 * waits for a person does not count, as in a pause, for a hook or at zero replicas.
 */
export function withDeadline(snapshot: Snapshot, decision: Decision): Decision {
  const { condition, writes, waitMs } = decision;
  if (writes.length > 0 || condition === undefined) return decision;
  // The end of a pause of the plan begins a step, and with it the deadline.
  if (condition.wait === "person") return snapshot.run?.paused ? decision : keepTime(snapshot, decision);
  if (!isDue(condition)) return decision;
  // No deadline overrules an order.
  if (snapshot.held.asked === "promote") return decision;
  if (snapshot.deployment.spec.paused) return keepTime(snapshot, decision);
  const late = missedWeight(snapshot);
  if (late !== undefined) return rollBack(snapshot, `${late}: ${condition.message}`);
  const leftMs = dueAt(snapshot) + 1 - snapshot.now;
  return isPast(snapshot) ? decision : { ...decision, waitMs: Math.min(waitMs ?? leftMs, leftMs) };
}

/** Whether the wait is for what Serin or the cluster must do, not for a person. */
function isDue({ reason, wait }: ConditionUpdate): boolean {
  return reason === "Preparing" || wait === "metrics";
}

/** That the canary has had no weight within the deadline; `undefined` while it has time, and once it has had one. */
export function missedWeight(snapshot: Snapshot): string | undefined {
  if (isPast(snapshot) || snapshot.now <= dueAt(snapshot)) return undefined;
  const seconds = progressDeadlineMs(snapshot.held.originals) / 1000;
  return `the canary had no weight within progressDeadlineSeconds (${seconds}s)`;
}

/** Whether the canary has had traffic, or is known to wait for its routes, which have a deadline of their own. */
function isPast(snapshot: Snapshot): boolean {
  return hadTraffic(snapshot) || snapshot.run?.unroutedSince !== undefined;
}

/** Whether the canary has had traffic in this rollout. A pause before the first weight may last as long as it likes. */
export function hadTraffic(snapshot: Snapshot): boolean {
  const first = snapshot.plan.steps.findIndex(({ kind }) => kind !== "pause");
  const { step = 0, inForceSince } = snapshot.run ?? {};
  return step > Math.max(first, 0) || inForceSince !== undefined || isRouted(snapshot);
}

/**
 * When the deadline is over, in ms. It counts from the last write that the rollout needs once, so that an outage of the API
 * server leaves the whole of it; a weight that was withdrawn after the loss of all pods begins it anew, and so does a restore of
 * etcd, before native control has gone on.
 */
function dueAt(snapshot: Snapshot): number {
  const written = [
    ...[...snapshot.shares.values()].map(({ since }) => since),
    ...snapshot.canaryServices.map(({ metadata }) => metadata.creationTimestamp ?? ""),
  ];
  const instants = written.map((text) => Date.parse(text) || 0);
  const since = Math.max(stepSince(snapshot), begunNatively(snapshot), snapshot.restoredAt ?? 0, ...instants);
  return since + progressDeadlineMs(snapshot.held.originals) + LATER_MS;
}

/**
 * When (ms) native control last began something, or could begin after a pause; counts only before the run record keeps the time.
 */
function begunNatively({ run, held, deployment }: Snapshot): number {
  if (run !== undefined) return 0;
  const progressing = conditionOf(deployment.status?.conditions, "Progressing");
  const instants = [progressing?.lastUpdateTime, held.resumed].map((text) => Date.parse(text ?? "") || 0);
  return Math.max(...instants);
}

/** Begins the deadline again while the rollout waits for a person, so that enough of it is left afterwards. */
function keepTime(snapshot: Snapshot, decision: Decision): Decision {
  const { now, run, held } = snapshot;
  if (run === undefined || isPast(snapshot)) return decision;
  const leftMs = dueAt(snapshot) - now - progressDeadlineMs(held.originals) / 2;
  if (leftMs < 0) return { ...decision, writes: rewrite(snapshot, { stepSince: instant(now) }) };
  return { ...decision, waitMs: Math.min(decision.waitMs ?? leftMs + 1, leftMs + 1) };
}
