import * as v from "valibot";
import { isRecord } from "./parse.ts";

/** The version of the record formats that this Serin writes. */
const VERSION = 1;

type Annotations = Readonly<Record<string, string>> | undefined;

/** A stored record's text and what was read from it. */
interface Entry {
  readonly text: string;
  readonly version: number;
  readonly record: unknown;
}

/**
 * The records of the annotations of stored objects. Serin parses each text once for all stages: it uses a record again only
 * if the text is the same.
 */
const read = new WeakMap<object, Map<v.GenericSchema, Entry>>();

/**
 * Reads a record from an annotation; `undefined` when its text does not fit the schema. Admission does not protect objects
 * outside a rollout, so anyone can write these keys: one malformed object must not block the others.
 */
export function readRecord<const S extends v.GenericSchema>(
  annotations: Annotations,
  key: string,
  schema: S,
): v.InferOutput<S> | undefined {
  return entryOf(annotations, key, schema)?.record as v.InferOutput<S> | undefined;
}

/** Whether a newer Serin wrote the record, so that this one must keep its unknown fields. */
export function isNewer(annotations: Annotations, key: string, schema: v.GenericSchema): boolean {
  return (entryOf(annotations, key, schema)?.version ?? VERSION) > VERSION;
}

/** A record as the annotation's value. One that a newer Serin wrote keeps its version and the fields unknown here. */
export function formatRecord(record: object): string {
  return JSON.stringify({ v: VERSION, ...record });
}

function entryOf(annotations: Annotations, key: string, schema: v.GenericSchema): Entry | undefined {
  const text = annotations?.[key];
  if (annotations === undefined || text === undefined) return undefined;
  const entries = read.get(annotations) ?? new Map<v.GenericSchema, Entry>();
  read.set(annotations, entries);
  const known = entries.get(schema);
  if (known?.text === text) return known;
  const entry = { text, ...parse(text, schema) };
  entries.set(schema, entry);
  return entry;
}

function parse(text: string, schema: v.GenericSchema): Omit<Entry, "text"> {
  const value = parseJson(text);
  const result = v.safeParse(schema, value);
  const header = v.safeParse(versioned, value);
  const version = header.success ? header.output.v : VERSION;
  if (!result.success) return { version, record: undefined };
  if (!header.success || version === VERSION) return { version, record: result.output };
  return { version, record: { ...header.output, ...(result.output as object) } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Another program wrote it. No schema accepts undefined.
    return undefined;
  }
}

const versioned = v.looseObject({ v: v.pipe(v.number(), v.integer(), v.minValue(1)) });

/** A time in RFC 3339. */
export const timestamp = v.pipe(
  v.string(),
  v.check((text) => !Number.isNaN(Date.parse(text))),
);

/** A number, and neither infinite (JSON's 1e999) nor absent. */
export const finite = v.pipe(v.number(), v.finite());

/** A finite number of things, 0 or more. */
export const amount = v.pipe(finite, v.minValue(0));

/** A read-only list. */
export function list<const S extends v.GenericSchema>(item: S) {
  return v.pipe(v.array(item), v.readonly());
}

/** An object with keys of any name, as a read-only map. `v.record` would drop the keys `prototype` and `constructor`. */
export function map<const S extends v.GenericSchema>(value: S) {
  return v.pipe(
    v.custom<object>(isRecord),
    v.transform(Object.entries),
    v.array(v.tuple([v.string(), value])),
    v.transform((entries): Record<string, v.InferOutput<S>> => Object.fromEntries(entries)),
    v.readonly(),
  );
}
