import { createHash } from "node:crypto";
import type { Kube } from "../client/api.ts";
import { isAlreadyExists } from "../client/errors.ts";
import type { KubeObject } from "../core/meta.ts";
import { events } from "../core/resources.ts";

/** A message for people about an object. */
export interface EventRecord {
  /** The object of the Event; apiVersion and kind must be set. */
  readonly involved: KubeObject;
  readonly type: "Normal" | "Warning";
  /** One word in CamelCase, 128 characters at most. */
  readonly reason: string;
  /** For people; cut at 1,024 bytes. */
  readonly message: string;
  /** The component that reports it. */
  readonly component: string;
  /** When, in milliseconds since the epoch. */
  readonly now: number;
  /** A key, such as a rollout: Serin records the same message once for the same key. Absent: every time. */
  readonly once?: string | undefined;
}

const longestMessage = 1024;

/** The longest object name that leaves room for the digest in an Event's name. */
const longestName = 253 - 17;

/** Creates a core/v1 Event, in the object's namespace, or in `default` for an object without one. */
export async function recordEvent(kube: Kube, record: EventRecord): Promise<void> {
  const { involved, type, reason, component } = record;
  const { name, namespace } = involved.metadata;
  const at = new Date(record.now).toISOString().replace(/\.\d+Z$/, "Z");
  const body = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { ...nameOf(record), namespace: namespace ?? "default" },
    involvedObject: {
      apiVersion: involved.apiVersion,
      kind: involved.kind,
      name,
      namespace,
      uid: involved.metadata.uid,
    },
    type,
    reason,
    message: cut(record.message),
    source: { component },
    reportingComponent: component,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  await kube.create(events, { namespace: body.metadata.namespace }, body).catch((error: unknown) => {
    if (record.once === undefined || !isAlreadyExists(error)) throw error;
  });
}

function nameOf({ involved, once, reason, message }: EventRecord) {
  const { name, uid } = involved.metadata;
  if (once === undefined) return { generateName: `${name}.` };
  const content = JSON.stringify([uid, once, reason, message]);
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
  return { name: `${name.slice(0, longestName)}.${digest}` };
}

/** Cuts between characters, never inside a character. */
function cut(message: string): string {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= longestMessage) return message;
  const end = "…";
  const kept = bytes.subarray(0, longestMessage - 3);
  return new TextDecoder().decode(kept, { stream: true }) + end;
}
