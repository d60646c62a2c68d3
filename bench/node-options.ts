import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const DEPLOY = join(import.meta.dirname, "../deploy");
const FILES = {
  webhook: "deployment.yaml",
  controller: "deployment.yaml",
  dashboard: "components/dashboard/deployment.yaml",
} as const;

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** The value of NODE_OPTIONS that the manifest in deploy/ gives this container. Throws if it gives none. */
export function nodeOptionsOf(name: keyof typeof FILES): string {
  const documents = parseAllDocuments(readFileSync(join(DEPLOY, FILES[name]), "utf8"));
  const containers = documents.flatMap(
    (document): Container[] => document.toJS()?.spec?.template?.spec?.containers ?? [],
  );
  const { env = [] } = containers.find((container) => container.name === name) ?? {};
  const options = env.find((variable) => variable.name === "NODE_OPTIONS")?.value;
  if (options === undefined) throw new Error(`deploy/${FILES[name]} has no NODE_OPTIONS for the ${name}`);
  return options;
}
