import { parseAllDocuments } from "yaml";
import { isRecord } from "../../rollout/text/parse.ts";
import type { Finding } from "./finding.ts";

/** An object of a file, as its author wrote it. */
export interface Manifest {
  readonly file: string;
  readonly kind: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
  /** The whole object. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** The objects in a text of YAML or JSON, Lists unpacked, and what cannot be read. */
export function manifestsIn(file: string, text: string): { manifests: Manifest[]; findings: Finding[] } {
  // kubectl reads merge keys, which YAML 1.2 no longer has.
  const documents = [...parseAllDocuments(text, { merge: true })];
  const findings = documents.flatMap(({ errors }) =>
    errors.map(
      ({ message }): Finding => ({ kind: "bad", where: file, says: message.split("\n", 1)[0] ?? "" }),
    ),
  );
  const read = documents
    .filter(({ errors }) => errors.length === 0)
    .map((document) => document.toJS() as unknown);
  return { manifests: read.flatMap((object) => unpack(file, object)), findings };
}

function unpack(file: string, object: unknown): Manifest[] {
  if (!isRecord(object)) return [];
  if (Array.isArray(object.items)) return object.items.flatMap((item) => unpack(file, item));
  const meta = isRecord(object.metadata) ? object.metadata : {};
  const map = (value: unknown) => (isRecord(value) ? value : {});
  return [
    {
      file,
      kind: String(object.kind ?? ""),
      name: String(meta.name ?? meta.generateName ?? ""),
      labels: map(meta.labels),
      annotations: map(meta.annotations),
      object,
    },
  ];
}
