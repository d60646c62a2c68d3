import { createHmac } from "node:crypto";
import type { KubeObject } from "../core/meta.ts";

/** A ConfigMap or Secret. */
export interface Content extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | null;
  readonly binaryData?: Readonly<Record<string, string>> | null;
}

const LENGTH = 12;

/**
 * A short name for the content under these keys. It depends on the object's UID as well, so that a reader cannot look
 * contents up in a table or compare two objects.
 */
export function digestOf({ metadata, data, binaryData }: Content, keys: readonly string[] | "all"): string {
  const wanted = ([key]: [string, string]) => keys === "all" || keys.includes(key);
  const part = (content: Content["data"]) =>
    Object.entries(content ?? {})
      .filter(wanted)
      .sort(byKey);
  const text = JSON.stringify([part(data), part(binaryData)]);
  return createHmac("sha256", metadata.uid ?? "")
    .update(text)
    .digest("hex")
    .slice(0, LENGTH);
}

function byKey([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}
