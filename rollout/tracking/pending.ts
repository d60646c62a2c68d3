import * as v from "valibot";
import type { Deployment, PodTemplate } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import { CHANGED, CONFIG, FLIGHT, HELD } from "../keys.ts";
import { formatRecord, map, readRecord, timestamp } from "../text/stored-json.ts";

/** The change of one ConfigMap or Secret, as digests of the part that a template uses. */
const change = v.object({ from: v.string(), to: v.string() });
export type PendingChange = Readonly<v.InferOutput<typeof change>>;

/** Changes by `configmap/name` or `secret/name`. */
export type PendingChanges = Readonly<Record<string, PendingChange>>;

const record = v.object({
  /** When admission allowed the last of the changes (RFC 3339). The API server stores them a moment later, if at all. */
  at: timestamp,
  changes: map(change),
});

/**
 * The annotation `serin.dev/changed` of a Deployment: an object that it uses has changed, and no template follows yet. The
 * controller finds the Deployment by the label that Serin writes with it.
 */
export type PendingRecord = Readonly<v.InferOutput<typeof record>>;

/** The Deployment's record; `undefined` without one, or if its text is not a valid record. */
export function pendingRecordOf({ metadata }: Deployment): PendingRecord | undefined {
  return readRecord(metadata.annotations, CHANGED, record);
}

/** Adds a change. Several changes of one object become one. */
export function withChange(
  present: PendingRecord | undefined,
  object: string,
  { from, to }: PendingChange,
  at: string,
): PendingRecord {
  const first = present?.changes[object]?.from ?? from;
  return { at, changes: { ...present?.changes, [object]: { from: first, to } } };
}

/** The Deployment without that annotation, because the pods of a new template read the new content anyway. */
export function withoutChanged(deployment: Deployment): Deployment {
  const { [CHANGED]: _changed, ...annotations } = deployment.metadata.annotations ?? {};
  if (_changed === undefined) return deployment;
  const { [FLIGHT]: mark, ...labels } = deployment.metadata.labels ?? {};
  const kept = HELD in annotations && mark !== undefined ? { ...labels, [FLIGHT]: mark } : labels;
  return { ...deployment, metadata: { ...deployment.metadata, annotations, labels: kept } };
}

/** Marks a Deployment, or removes the mark. */
export function writeChanged(deployment: Deployment, changed: PendingRecord | undefined): Write {
  const { namespace = "", name, uid, resourceVersion, annotations } = deployment.metadata;
  const isMarked = changed !== undefined || annotations?.[HELD] !== undefined;
  const metadata = {
    resourceVersion,
    annotations: { [CHANGED]: changed === undefined ? null : formatRecord(changed) },
    labels: { [FLIGHT]: isMarked ? uid : null },
  };
  return { verb: "merge", kind: "deployments", namespace, name, body: { metadata } };
}

/** The changes in a template's annotation: `configmap/web=1a2b..3c4d, secret/db=5e6f..7a8b`. */
export function configOf(template: PodTemplate | undefined): PendingChanges {
  const text = template?.metadata?.annotations?.[CONFIG] ?? "";
  // Match each item from its beginning: anyone can write this text, and a search in a long text takes quadratic time.
  const entries = text.split(",").map((item) => /^([^\s=]+)=([0-9a-f]+)\.\.([0-9a-f]+)$/.exec(item.trim()));
  return Object.fromEntries(
    entries.flatMap((found) => {
      const [, object = "", from = "", to = ""] = found ?? [];
      return found === null ? [] : [[object, { from, to }]];
    }),
  );
}

/** The changes as the annotation `serin.dev/config` of a pod template. */
export function formatConfig(changes: PendingChanges): string | undefined {
  const names = Object.keys(changes).sort();
  return names.length === 0
    ? undefined
    : names.map((object) => `${object}=${changes[object]?.from}..${changes[object]?.to}`).join(", ");
}

/** The objects whose change is in one template and not in another. */
export function configLost(from: PodTemplate, to: PodTemplate): readonly string[] {
  const kept = configOf(to);
  return Object.entries(configOf(from))
    .filter(([object, change]) => kept[object]?.to !== change.to)
    .map(([object]) => object);
}
