import type { Deployment, PodTemplate } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CHANGED, CONFIG } from "../keys.ts";
import type { HoldRecord } from "../workload/hold-record.ts";
import { configOf, formatConfig, type PendingChanges, type PendingRecord, writeChanged } from "./pending.ts";

/** The field manager under which a template is changed for a changed ConfigMap or Secret: it goes through admission. */
export const TRACKER = "serin-track";

/** So long (ms) after the last change: it is stored by then, kubelets know it, and several changes are one. */
const SETTLE_MS = 2_000;
/** An admitted change that is not stored after so long (ms) was refused later on. */
const STORE_MS = 10_000;
const LOOK_MS = 1_000;

/** A marked Deployment and what its mark speaks of. */
export interface TrackInput {
  /** ms since the epoch. */
  readonly now: number;
  readonly deployment: Deployment;
  readonly changed: PendingRecord;
  readonly held: HoldRecord | undefined;
  /** Whether the Deployment wants this at all. */
  readonly tracks: boolean;
  /** The template of the version that serves, while another one is in flight. */
  readonly stable: PodTemplate | undefined;
  /** Digests of the ConfigMaps as they are stored; Secrets cannot be read. */
  readonly stored: ReadonlyMap<string, string>;
}

/** What follows from a mark: wait; forget it; or make a version of it. */
export type Tracking =
  | { readonly kind: "wait"; readonly waitMs: number }
  | { readonly kind: "drop"; readonly write: Write }
  | {
      readonly kind: "roll";
      readonly write: Write;
      readonly message: string;
      /** Instead, when admission refuses for good. */
      readonly drop: Write;
    };

/** How long (ms) until a mark is due. */
export function untilDue({ at }: PendingRecord, now: number): number {
  return Math.max(0, Date.parse(at) + SETTLE_MS - now);
}

/** What is to be done about a marked Deployment. */
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

/** The changes that are in force; of a Secret it is believed. */
function asStored({ changed, stored }: TrackInput): PendingChanges {
  const found = Object.entries(changed.changes).flatMap(([object, { from, to }]) => {
    const now = object.startsWith("secret/") ? to : stored.get(object);
    return now === undefined || now === from ? [] : [[object, { from, to: now }] as const];
  });
  return Object.fromEntries(found);
}

/**
 * What the template is made for now. It depends on contents alone: when an object is again what the stable version
 * started with, the stable template comes back by itself, and that is an undo.
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

/** The template and the mark at once: done twice, a return to the stable template would be another change. */
function writeConfig({ metadata }: Deployment, config: string | undefined): Write {
  const { namespace = "", name, resourceVersion } = metadata;
  const template = { metadata: { annotations: { [CONFIG]: config ?? null } } };
  const body = { metadata: { resourceVersion, annotations: { [CHANGED]: null } }, spec: { template } };
  return { verb: "merge", kind: "deployments", namespace, name, body };
}

/** What remains to be done by hand when a version made for these changes goes. */
export function revertAdvice(objects: readonly string[]): string {
  const [names, it] = [objects.join(", "), objects.length > 1 ? "them" : "it"];
  return `${names} changed with that version and stay${objects.length > 1 ? "" : "s"} changed: revert ${it}, too, or stable pods that restart read the new content`;
}
