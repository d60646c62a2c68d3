import type { KubeObject } from "../kube/core/meta.ts";
import type { Note } from "./note.ts";

/** The namespace in which Serin reads metric templates without a flag. */
export const SERIN_NAMESPACE = "serin-system";

/** The objects of one application in Serin's terms, and what became of each field of the source. */
export interface Conversion {
  /** What was converted: `canary/podinfo`. */
  readonly source: string;
  readonly namespace: string | undefined;
  /** The Deployment's name; without files that of the source. */
  readonly name: string;
  readonly files: readonly ConvertedFile[];
  readonly notes: readonly Note[];
}

/** A file of the output. */
export interface ConvertedFile {
  readonly name:
    | "deployment-patch.yaml"
    | "deployment.yaml"
    | "service.yaml"
    | "httproute.yaml"
    | "templates.yaml";
  readonly objects: readonly KubeObject[];
}

/** An object of the source, as its author wrote it. */
export type SourceObject = Readonly<Record<string, unknown>>;

/** How to convert. */
export interface ConvertOptions {
  /** Whether thresholds alone decide, as with the rival: Serin then compares no versions. */
  readonly sameVerdicts: boolean;
}

/** The files that have an object. */
export function filesOf(files: readonly ConvertedFile[]): readonly ConvertedFile[] {
  return files.filter(({ objects }) => objects.length > 0);
}

/** The name and namespace of an object of the source; empty without one. */
export function placeOf(object: SourceObject): {
  readonly name: string;
  readonly namespace: string | undefined;
} {
  const { name, namespace } = (object.metadata ?? {}) as { name?: unknown; namespace?: unknown };
  return { name: String(name ?? ""), namespace: String(namespace ?? "") || undefined };
}

/** Metadata with the namespace, if there is one. */
export function metadataOf(name: string, namespace: string | undefined, rest: object = {}) {
  return { name, ...(namespace !== undefined && { namespace }), ...rest };
}
