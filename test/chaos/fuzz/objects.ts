import { isDeepStrictEqual } from "node:util";
import type { Meta } from "../../../kube/core/meta.ts";
import { FLIGHT } from "../../../rollout/keys.ts";
import { isRecord } from "../../../rollout/text/parse.ts";
import type { HoldRecord, Phase } from "../../../rollout/workload/hold-record.ts";

const PHASES: readonly Phase[] = ["canary", "promoting", "failed", "undone"];

function users(
  { metadata, spec, ...rest }: Body,
  keys: readonly string[],
  fields: readonly string[],
): object {
  const own = (map: object | undefined, not: readonly string[]) =>
    Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !not.includes(key)));
  const annotations = own(metadata.annotations, keys);
  const meta = { ...metadata, annotations, labels: own(metadata.labels, [FLIGHT]) };
  return { ...rest, metadata: meta, spec: own(spec, fields) };
}

/** Complains if a part of the user's changed: anything except these annotations, these fields of the spec, and the mark. */
export function differences(
  asked: Body,
  stored: Body,
  keys: readonly string[],
  fields: readonly string[],
): string[] {
  const same = isDeepStrictEqual(users(asked, keys, fields), users(stored, keys, fields));
  return same ? [] : ["a part of the user's changed"];
}

interface Body {
  readonly metadata: Meta;
  readonly spec?: object;
}

/**
 * Whether an API server can decode it, as far as Serin reads it: names are strings, labels, annotations and selectors maps of
 * strings, ports objects, and a Deployment has a template and a selector. A route's rules may hold anything until its schema is
 * checked.
 */
export function isDecodable(object: object | null): boolean {
  if (object === null) return true;
  const { kind, metadata, spec } = object as { kind?: string; metadata?: Meta; spec?: Spec };
  const selector = kind === "Service" ? spec?.selector : undefined;
  const { uid = "", name = "", namespace = "" } = metadata ?? {};
  const isWhole = kind !== "Deployment" || (isRecord(spec?.template) && isRecord(spec?.selector));
  const ports = kind === "Service" ? (spec?.ports ?? []) : [];
  return (
    isWhole &&
    Array.isArray(ports) &&
    ports.every(isRecord) &&
    [uid, name, namespace].every((text) => typeof text === "string") &&
    [metadata?.labels, metadata?.annotations, selector].every(
      (map) =>
        map === undefined ||
        (isRecord(map) && Object.values(map).every((value) => typeof value === "string")),
    )
  );
}

interface Spec {
  readonly selector?: object;
  readonly template?: object;
  readonly ports?: unknown;
}

/** A Deployment's hold record as Serin writes it; undefined if the text is not one. */
export function holdRecordIn(text: string): HoldRecord | undefined {
  const record = recordIn(text) as HoldRecord | undefined;
  const whole =
    typeof record?.started === "string" &&
    PHASES.includes(record.phase) &&
    typeof record.stable === "string" &&
    isRecord(record.originals);
  return whole ? record : undefined;
}

/** A JSON object with any content; undefined if the text is not one. */
function recordIn(text: string | undefined): Record<string, unknown> | undefined {
  const value = parse(text ?? "");
  return isRecord(value) ? value : undefined;
}

/** The parsed JSON; undefined if the text is not valid. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An annotation of an object that may not exist. */
export function annotation(object: { metadata: Meta } | null, key: string): string | undefined {
  return object?.metadata.annotations?.[key];
}

/** The mark of an object that may not exist. */
export function label(object: { metadata: Meta } | null): string | undefined {
  return object?.metadata.labels?.[FLIGHT];
}
