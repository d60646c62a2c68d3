import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { findHelm, findTools, repository } from "../../cluster/tools.ts";

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

/** The arguments by which helm renders the chart. */
export const chartArgs = [
  ...["template", "serin", join(repository, "deploy/chart")],
  ...["--namespace=serin-system", "--kube-version=1.36.0"],
] as const;

/** The objects that this version of helm would install with these more arguments. Throws helm's message. */
export function renderChart(version: 3 | 4, ...args: string[]): readonly Rendered[] {
  const text = execFileSync(findHelm(version), [...chartArgs, ...args], { encoding: "utf8", stdio: "pipe" });
  return parseAllDocuments(text).flatMap((document) => (document.toJS() ?? []) as Rendered);
}
