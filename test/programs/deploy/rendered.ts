import { execFileSync } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { findTools } from "../../cluster/tools.ts";

/** Any object of a rendered installation. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: manifests of many kinds
  readonly [field: string]: any;
}

/** The objects that `kubectl apply -k` would send for this folder. Throws kubectl's message. */
export function render(dir: string): readonly Rendered[] {
  const text = execFileSync(findTools().program("kubectl"), ["kustomize", dir], { encoding: "utf8" });
  return parseAllDocuments(text).map((document) => document.toJS());
}
