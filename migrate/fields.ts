import { isRecord } from "../rollout/text/parse.ts";
import type { Fate, Note } from "./note.ts";

/** What becomes of a field, and of everything below it. */
interface FieldRow {
  readonly fate: Exclude<Fate, "admin">;
  /** The annotation or field that takes its place; or why nothing does. */
  readonly says: string;
  /** Where the table has rows below this one: the other fields directly below that it decides about. */
  readonly covers?: readonly string[];
}

/**
 * The fields of one kind by their paths, such as `spec.analysis.metrics[].name`. The longest path that fits decides. A row without
 * rows below it decides about everything below it, and any other one about what it covers: the rest is unknown.
 */
export type FieldTable = Readonly<Record<string, FieldRow>>;

/** The fields of the source that are the cluster's own and not its author's. */
const NOT_WRITTEN = /^(apiVersion|kind|metadata|status)(\.|$)/;

/** One note for each row that the object uses, in the order of the table. A note of `own` about a row takes its place. */
export function notesAbout(object: object, table: FieldTable, own: readonly Note[]): readonly Note[] {
  const fields = fieldsIn(object).filter(({ path }) => !NOT_WRITTEN.test(path));
  const used = new Set(
    fields.flatMap(({ path, isOff }) => {
      const row = rowOf(table, path);
      if (row === undefined) return isAboveRow(table, path) ? [] : path;
      // A field that is switched off loses nothing where Serin has no counterpart.
      return isOff && row === path && table[row]?.fate === "not" ? [] : row;
    }),
  );
  const rows = [
    ...Object.keys(table).filter((key) => used.has(key)),
    ...[...used].filter((key) => !(key in table)),
  ];
  const about = rows.flatMap((field): readonly Note[] => {
    const replaced = own.filter((note) => note.field === field);
    const row = table[field] ?? { fate: "not", says: "this field is unknown, so nothing was made of it" };
    return replaced.length > 0 ? replaced : [{ ...row, field }];
  });
  return [...about, ...own.filter(({ field }) => field === undefined || !rows.includes(field))];
}

/** The key of the row that decides about a path; `undefined` if none does. */
export function rowOf(table: FieldTable, path: string): string | undefined {
  for (let key = path; key !== ""; key = parentOf(key))
    if (Object.hasOwn(table, key)) return decides(table, key, path) ? key : undefined;
  return undefined;
}

function decides(table: FieldTable, key: string, path: string): boolean {
  const below = /^(?:\[\])*\.([^.[]+)/.exec(path.slice(key.length))?.[1];
  return below === undefined || !isAboveRow(table, key) || (table[key]?.covers?.includes(below) ?? false);
}

/** Whether the table has rows below a path. */
function isAboveRow(table: FieldTable, path: string): boolean {
  return Object.keys(table).some((key) => key.startsWith(`${path}.`) || key.startsWith(`${path}[`));
}

/** A value in an object. */
interface Field {
  readonly path: string;
  readonly isOff: boolean;
}

/** All values in an object by their paths, with `[]` for an item of a list. Empty maps and lists count as values. */
function fieldsIn(value: unknown, path = ""): readonly Field[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((item) => fieldsIn(item, `${path}[]`));
  if (isRecord(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, each]) =>
      fieldsIn(each, path === "" ? key : `${path}.${key}`),
    );
  return [{ path, isOff: value === false }];
}

function parentOf(path: string): string {
  return path.replace(/(\[\]|\.[^.[]*|^[^.[]*)$/, "");
}
