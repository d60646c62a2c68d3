import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, KubeObject } from "./api.ts";

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEADLINE_MS = 30_000;

/** Installs the CustomResourceDefinitions of YAML files and waits until they are served. */
export async function installDefinitions(api: Api, files: readonly string[]): Promise<void> {
  const documents = files.flatMap((file) => readFileSync(file, "utf8").split(/^---$/m));
  // Skips the Gateway API's admission policy, which only prevents downgrades.
  const texts = documents.filter((text) => /^kind: CustomResourceDefinition$/m.test(text));
  const made = await Promise.all(
    texts.map((text) => api.demand<Definition>("POST", DEFINITIONS, text, "application/yaml")),
  );
  const names = new Set(made.map(({ metadata }) => metadata.name));
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await areServed(api, names))) {
    if (performance.now() > deadline)
      throw new Error(`CustomResourceDefinitions are not established in time: ${[...names].join(", ")}`);
    await sleep(50);
  }
}

async function areServed(api: Api, names: ReadonlySet<string>): Promise<boolean> {
  const { items } = await api.demand<{ items: readonly Definition[] }>("GET", DEFINITIONS);
  const established = items.filter(
    ({ metadata, status }) =>
      names.has(metadata.name) &&
      status?.conditions?.some(
        (condition) => condition.type === "Established" && condition.status === "True",
      ),
  );
  if (established.length < names.size) return false;
  const group = await api.request("GET", "/apis/gateway.networking.k8s.io/v1/httproutes");
  return group.status === 200;
}
