import type { Conversion, SourceObject } from "./conversion.ts";
import { type FieldTable, notesAbout } from "./fields.ts";
import { notCarried } from "./note.ts";

/** The conversion of an object whose workload is not a Deployment: nothing but notes. */
export function withoutDeployment(
  about: Pick<Conversion, "source" | "namespace" | "name">,
  object: SourceObject,
  fields: FieldTable,
  { field, workload }: { readonly field: string; readonly workload: string },
): Conversion {
  const says = `the ${workload}: Serin handles Deployments only, so nothing is written`;
  return { ...about, files: [], notes: notesAbout(object, fields, [notCarried(field, says)]) };
}
