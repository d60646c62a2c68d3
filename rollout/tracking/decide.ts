import type { Deployment, PodTemplate } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CHANGED, CONFIG } from "../keys.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { configOf, formatConfig, type PendingChanges, type PendingRecord, writeChanged } from "./pending.ts";

/** The field manager of template changes for a changed ConfigMap or Secret. Admission recognizes them by it. */
export const TRACKER = "serin-track";

/** How long (ms) Serin waits after the last change: the API server stores it, kubelets see it, and several become one. */
const SETTLE_MS = 2_000;
/** If an admitted change is not stored after this time (ms), another webhook has refused it. */
const STORE_MS = 10_000;
const LOOK_MS = 1_000;

/** A marked Deployment, and the objects in its mark. */
export interface TrackInput {
  /** ms since the epoch. */
  readonly now: number;
  readonly deployment: Deployment;
  readonly changed: PendingRecord;
  readonly held: HoldRecord | undefined;
  /** Whether the Deployment's plan has `track: on`. */
  readonly tracks: boolean;
  /** The template of the stable version, in flight. */
  readonly stable: PodTemplate | undefined;
  /** Digests of the stored ConfigMaps. Serin cannot read Secrets. */
  readonly stored: ReadonlyMap<string, string>;
}

/** The action for a mark: wait, drop the mark, or change the template. */
export type Tracking =
  | { readonly kind: "wait"; readonly waitMs: number }
  | { readonly kind: "drop"; readonly write: Write }
  | {
      readonly kind: "roll";
      readonly write: Write;
      readonly message: string;
      /** The write to use instead if admission refuses for good. */
      readonly drop: Write;
    };

/** How long (ms) until a mark is due. */
export function untilDue({ at }: PendingRecord, now: number): number {
  return Math.max(0, Date.parse(at) + SETTLE_MS - now);
}

/** Decides about a marked Deployment. */
export function decideTrack(marked: TrackInput): Tracking {
  const { now, deployment, changed, tracks } = marked;
  const drop = { kind: "drop", write: writeChanged(deployment, undefined) } as const;
  if (!tracks) return drop;
  const waitMs = untilDue(changed, now);
  if (waitMs > 0) return { kind: "wait", waitMs };
  const stored = asStored(marked);
  const awaited = Object.entries(changed.changes).filter(
    ([object, { from, to }]) => from !== to && stored[object] === undefined,
  );
  if (awaited.length > 0 && now < Date.parse(changed.at) + STORE_MS) return { kind: "wait", waitMs: LOOK_MS };
  const next = formatConfig(nextConfig(marked, stored));
  if (next === deployment.spec.template.metadata?.annotations?.[CONFIG]) return drop;
  const names = Object.keys(stored).sort().join(", ");
  return {
    kind: "roll",
    write: writeConfig(deployment, next),
    message: `${names} changed`,
    drop: drop.write,
  };
}

/** The stored changes. For a Secret, Serin assumes that the API server stored it. */
function asStored({ changed, stored }: TrackInput): PendingChanges {
  const found = Object.entries(changed.changes).flatMap(([object, { from, to }]) => {
    const now = object.startsWith("secret/") ? to : stored.get(object);
    return now === undefined || now === from ? [] : [[object, { from, to: now }] as const];
  });
  return Object.fromEntries(found);
}

/**
 * The changes for the new template. They depend on contents alone: if an object has again the content with which the
 * stable version started, the result is the stable template, which is an undo.
 */
function nextConfig({ deployment, held, stable }: TrackInput, changes: PendingChanges): PendingChanges {
  const present = configOf(deployment.spec.template);
  const inFlight = held !== undefined && (held.phase === "canary" || held.phase === "failed");
  const serving = inFlight ? configOf(stable) : {};
  const next: Record<string, PendingChanges[string]> = { ...present };
  for (const [object, { from, to }] of Object.entries(changes)) {
    const its = serving[object];
    const began = its?.to ?? (inFlight ? (present[object]?.from ?? from) : from);
    if (to !== began) next[object] = { from: began, to };
    else if (its !== undefined) next[object] = its;
    else delete next[object];
  }
  return next;
}

/** Writes the template and removes the mark at once: a repeated return to the stable template would be another change. */
function writeConfig({ metadata }: Deployment, config: string | undefined): Write {
  const { namespace = "", name, resourceVersion } = metadata;
  const template = { metadata: { annotations: { [CONFIG]: config ?? null } } };
  const body = { metadata: { resourceVersion, annotations: { [CHANGED]: null } }, spec: { template } };
  return { verb: "merge", kind: "deployments", namespace, name, body };
}

/** The advice for people when a version for these changes ends: Serin does not revert the objects. */
export function revertAdvice(objects: readonly string[]): string {
  const [names, it] = [objects.join(", "), objects.length > 1 ? "them" : "it"];
  return `${names} changed with that version and stay${objects.length > 1 ? "" : "s"} changed: revert ${it}, too, or stable pods that restart read the new content`;
}
