import * as v from "valibot";
import { isRecord, type Parsed, type Problem, unknown } from "./parse.ts";
import { quote } from "./quote.ts";
import { nearest } from "./suggest.ts";

/** Begins what an issue about an unknown field received. */
const FIELD = "field ";

/**
 * Reads a value out of YAML, or returns every problem with its path. The messages of the schema say what is right:
 * `use a whole number from 0 to 10`.
 */
export function readSchema<const S extends v.GenericSchema<unknown, unknown>>(
  schema: S,
  value: unknown,
): Parsed<v.InferOutput<S>> {
  const result = v.safeParse(schema, value);
  return result.success ? { value: result.output } : { problems: result.issues.map(problemOf) };
}

/** A map with these fields and no others. `hint` says why a field of another name is not there. */
export function fields<const E extends v.ObjectEntries>(entries: E, hint = (_field: string) => "") {
  const known = Object.keys(entries);
  // A missing field then fails its own schema, which knows what is right there.
  const missing = Object.fromEntries(known.map((key) => [key, undefined]));
  return v.pipe(
    v.custom<Record<string, unknown>>(isRecord, `use a map with ${known.join(", ")}`),
    v.transform((value) => ({ ...missing, ...value })),
    v.looseObject(entries),
    v.rawCheck(({ dataset, addIssue }) => {
      const found = isRecord(dataset.value) ? Object.keys(dataset.value) : [];
      for (const field of found.filter((key) => !known.includes(key))) {
        const message = hint(field) || `use one of ${known.join(", ")}`;
        const meant = hint(field) === "" ? nearest(field, known) : undefined;
        addIssue({ message, received: `${FIELD}${quote(field)}`, ...(meant && { expected: quote(meant) }) });
      }
    }),
    v.transform((value) => {
      const kept = Object.entries(value).filter(([key]) => known.includes(key));
      return Object.fromEntries(kept) as v.InferOutput<v.ObjectSchema<E, undefined>>;
    }),
  );
}

function problemOf({ path, input, message, received, expected }: v.BaseIssue<unknown>): Problem {
  const at = (path ?? [])
    .map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("");
  const place = at === "" ? {} : { at };
  if (received.startsWith(FIELD)) return { ...place, ...unknown(received, expected ?? undefined, message) };
  return { ...place, what: input === undefined ? "missing" : `invalid value ${show(input)}`, use: message };
}

/** Without the credentials of a URL: messages end up in logs. */
function show(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return quote(text.replaceAll(/\/\/[^/@]*@/g, "//…@"));
}
