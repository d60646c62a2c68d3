import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, KubeObject } from "./api.ts";

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEADLINE_MS = 30_000;

/** Installs the Gateway API's definitions from the YAML files of a folder and waits until they are served. */
export async function installGatewayApi(api: Api, folder: string): Promise<void> {
  // The admission policy among them only guards against downgrades.
  const files = readdirSync(folder).filter((file) => !file.includes("_vap_"));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
  await Promise.all(texts.map((text) => api.demand("POST", DEFINITIONS, text, "application/yaml")));
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await areServed(api, files.length))) {
    if (performance.now() > deadline) throw new Error("the Gateway API's definitions are not established");
    await sleep(50);
  }
}

async function areServed(api: Api, count: number): Promise<boolean> {
  const { items } = await api.demand<{ items: readonly Definition[] }>("GET", DEFINITIONS);
  const established = items.filter((item) =>
    item.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True"),
  );
  if (established.length < count) return false;
  const group = await api.request("GET", "/apis/gateway.networking.k8s.io/v1/httproutes");
  return group.status === 200;
}
