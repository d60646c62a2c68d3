import { type Document, parseAllDocuments } from "yaml";
import { messageOf } from "../../kube/core/error-message.ts";
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

/** kubectl reads merge keys, and `off` or `yes` without quotes as booleans; YAML 1.2 has neither. */
const AS_KUBECTL = {
  merge: true,
  customTags: [
    {
      tag: "tag:yaml.org,2002:bool",
      default: true,
      test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
      resolve: (text: string) => /^(?:y|on)/i.test(text),
    },
  ],
} as const satisfies Parameters<typeof parseAllDocuments>[1];

/** The objects in a text of YAML or JSON, Lists unpacked, and what cannot be read. */
export function manifestsIn(file: string, text: string): { manifests: Manifest[]; findings: Finding[] } {
  const read = [...parseAllDocuments(text, AS_KUBECTL)].map((document) => contentOf(document));
  return {
    manifests: read.flatMap(({ object }) => unpack(file, object)),
    findings: read.flatMap(({ errors }) =>
      errors.map(
        (error): Finding => ({ kind: "bad", where: file, says: messageOf(error).split("\n", 1)[0] ?? "" }),
      ),
    ),
  };
}

/** What a document says, or why it cannot be read. */
function contentOf(document: Document): { readonly object?: unknown; readonly errors: readonly unknown[] } {
  if (document.errors.length > 0) return { errors: document.errors };
  try {
    return { object: document.toJS(), errors: [] };
  } catch (error) {
    // A merge key may have a text in place of a map, and an alias no anchor: both have a valid syntax.
    return { errors: [error] };
  }
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
