import { events } from "./resources.ts";
import type { Kube, KubeObject } from "./rest.ts";

/** Something to tell people about an object. */
export interface EventRecord {
  /** The object it happened to; apiVersion and kind must be set. */
  readonly involved: KubeObject;
  readonly type: "Normal" | "Warning";
  /** One word in CamelCase, 128 characters at most. */
  readonly reason: string;
  /** For people; cut at 1,024 bytes. */
  readonly message: string;
  /** Who tells. */
  readonly component: string;
  /** When, in milliseconds since the epoch. */
  readonly now: number;
}

const longestMessage = 1024;

/** Creates a core/v1 Event, in the object's namespace, or in `default` for an object without one. */
export async function recordEvent(kube: Kube, record: EventRecord): Promise<void> {
  const { involved, type, reason, component } = record;
  const { name, uid, namespace } = involved.metadata;
  const at = new Date(record.now).toISOString().replace(/\.\d+Z$/, "Z");
  const body = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${name}.`, namespace: namespace ?? "default" },
    involvedObject: { apiVersion: involved.apiVersion, kind: involved.kind, name, namespace, uid },
    type,
    reason,
    message: cut(record.message),
    source: { component },
    reportingComponent: component,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  await kube.create(events, { namespace: body.metadata.namespace }, body);
}

/** Cuts between characters, never inside of one. */
function cut(message: string): string {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= longestMessage) return message;
  const end = "…";
  const kept = bytes.subarray(0, longestMessage - 3);
  return new TextDecoder().decode(kept, { stream: true }) + end;
}
