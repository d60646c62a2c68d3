import type * as v from "valibot";
import { formatProblem, isRecord } from "../rollout/text/parse.ts";
import { readSchema } from "../rollout/text/schema.ts";
import { placeOf, type SourceObject } from "./conversion.ts";

/** The spec of an object. Throws an Error that names each field that does not have the form of the CRD. */
export function readSpec<const S extends v.GenericSchema<unknown, unknown>>(
  object: SourceObject,
  schema: S,
): v.InferOutput<S> {
  const parsed = readSchema(schema, withoutNulls(object.spec ?? {}));
  if ("value" in parsed) return parsed.value;
  const where = `${String(object.kind).toLowerCase()}/${placeOf(object).name}`;
  throw new Error(
    parsed.problems.map(({ at = "", ...rest }) => formatProblem(rest, where, `spec${at}`)).join("\n"),
  );
}

/** The API server drops nulls, which a template of manifests may leave. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNulls(each)]));
}
