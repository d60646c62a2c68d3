import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Api } from "../api.ts";
import type { Pod } from "./spec.ts";

interface Keys {
  readonly secretName?: string;
  readonly name?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

interface Token {
  readonly path: string;
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

interface Source {
  readonly emptyDir?: object;
  readonly secret?: Keys;
  readonly configMap?: Keys;
  readonly serviceAccountToken?: Token;
  readonly downwardAPI?: {
    readonly items: readonly { readonly path: string; readonly fieldRef: { readonly fieldPath: string } }[];
  };
}

interface Volume extends Source {
  readonly name: string;
  readonly projected?: { readonly sources: readonly Source[] };
}

const SHORTEST_TOKEN_SECONDS = 600;

/**
 * Writes a pod's volumes into folders of `dir`, each volume's by its name. Throws on a source that this kubelet does not
 * support, and on an object that does not exist (yet).
 */
export async function writeVolumes(api: Api, dir: string, pod: Pod): Promise<ReadonlyMap<string, string>> {
  const { namespace, name } = pod.metadata;
  const folders = new Map<string, string>();
  for (const volume of (pod.spec.volumes ?? []) as readonly Volume[]) {
    const folder = join(dir, `${namespace}_${name}_volume_${volume.name}`);
    mkdirSync(folder, { recursive: true });
    // The pod's user is not this process's.
    chmodSync(folder, 0o777);
    for (const source of volume.projected?.sources ?? [volume]) {
      for (const [path, data] of await filesOf(api, pod, source, volume.name)) write(folder, path, data);
    }
    folders.set(volume.name, folder);
  }
  return folders;
}

type Files = readonly (readonly [path: string, data: string | Buffer])[];

async function filesOf(api: Api, pod: Pod, source: Source, name: string): Promise<Files> {
  const { namespace } = pod.metadata;
  const { emptyDir, secret, configMap, serviceAccountToken: token, downwardAPI } = source;
  if (emptyDir !== undefined) return [];
  if (secret !== undefined) {
    const files = await keysOf(
      api,
      `/api/v1/namespaces/${namespace}/secrets/${secret.secretName ?? secret.name}`,
      secret,
    );
    return files.map(([path, data]) => [path, Buffer.from(data, "base64")] as const);
  }
  if (configMap !== undefined)
    return keysOf(api, `/api/v1/namespaces/${namespace}/configmaps/${configMap.name}`, configMap);
  if (token !== undefined) return [[token.path, await tokenOf(api, pod, token)]];
  if (downwardAPI !== undefined)
    return downwardAPI.items.map(({ path, fieldRef }) => [path, mapOf(pod, fieldRef.fieldPath)] as const);
  throw new Error(
    `volume ${name}: unsupported source: use emptyDir, secret, configMap, serviceAccountToken or downwardAPI`,
  );
}

/** Labels or annotations as a kubelet writes them into a file. */
function mapOf({ metadata }: Pod, fieldPath: string): string {
  const map = fieldPath === "metadata.labels" ? metadata.labels : metadata.annotations;
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

async function keysOf(api: Api, path: string, { items, optional }: Keys) {
  const { status, body } = await api.request<{ data?: Record<string, string> }>("GET", path);
  if (status === 404 && optional === true) return [];
  if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  const { data = {} } = body;
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return wanted.flatMap(({ key, path }) => (data[key] === undefined ? [] : [[path, data[key]] as const]));
}

async function tokenOf(api: Api, { metadata, spec }: Pod, token: Token): Promise<string> {
  const { namespace, name, uid } = metadata;
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName ?? "default"}/token`;
  const { status } = await api.demand<{ status: { token: string } }>("POST", path, {
    spec: {
      ...(token.audience && { audiences: [token.audience] }),
      expirationSeconds: Math.max(SHORTEST_TOKEN_SECONDS, token.expirationSeconds ?? 0),
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
    },
  });
  return status.token;
}

function write(folder: string, path: string, data: string | Buffer): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
  chmodSync(file, 0o644);
}
