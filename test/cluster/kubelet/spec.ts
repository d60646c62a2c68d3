import { addresses } from "../addresses.ts";
import type { KubeObject } from "../api.ts";
import { isIstioImage } from "../image.ts";

/** The parts of a pod that the kubelet reads. */
export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly terminationGracePeriodSeconds?: number;
    readonly restartPolicy?: "Always" | "OnFailure" | "Never";
    readonly securityContext?: SecurityContext;
    readonly containers: readonly ContainerSpec[];
    readonly initContainers?: readonly ContainerSpec[];
    readonly volumes?: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
  };
  readonly status?: { readonly podIP?: string; readonly phase?: string };
}

/** The parts of a container that the kubelet reads. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
  }[];
  readonly securityContext?: SecurityContext;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
}

interface SecurityContext {
  readonly runAsUser?: number;
  readonly readOnlyRootFilesystem?: boolean;
}

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: { readonly resource: string };
  };
}

/** The parts of a probe that the kubelet reads. */
export interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: "HTTP" | "HTTPS";
  };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

/** The process of a container: the image's entrypoint, `node` or `pilot-agent`, unless the container names a command. */
export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Resolves command and environment as a kubelet does; throws on a source of variables that it does not support. */
export function commandOf(
  pod: Pod,
  container: ContainerSpec,
  inherited: Readonly<Record<string, string>>,
): Command {
  const env: Record<string, string> = { ...inherited };
  for (const variable of container.env ?? []) env[variable.name] = resolveVariable(pod, variable, env);
  const entrypoint = isIstioImage(container.image) ? "pilot-agent" : "node";
  const words = [...(container.command ?? [entrypoint]), ...(container.args ?? [])];
  return { argv: words.map((word) => expand(word, env)), env };
}

/** Replaces `$(NAME)` by the variable's value. Unknown names stay, and `$$(NAME)` becomes `$(NAME)`. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$)?\(([\w.-]+)\)/g, (whole, escaped, name: string) =>
    escaped === undefined ? (env[name] ?? whole) : whole.slice(1),
  );
}

/** The container's emptyDir folders; throws on volumes other than emptyDir and the service account's. */
export function emptyFolders(pod: Pod, container: ContainerSpec): string[] {
  const mounts = (container.volumeMounts ?? []).filter(
    ({ mountPath }) => !mountPath.startsWith("/var/run/secrets/"),
  );
  return mounts.map(({ name, mountPath }) => {
    const volume = pod.spec.volumes?.find((it) => it.name === name);
    if (volume?.emptyDir === undefined) throw new Error(`volume ${name}: unsupported source: use emptyDir`);
    return mountPath;
  });
}

function resolveVariable(
  pod: Pod,
  { name, value = "", valueFrom }: EnvVar,
  env: Readonly<Record<string, string>>,
): string {
  if (valueFrom === undefined) return expand(value, env);
  const limit = limits[valueFrom.resourceFieldRef?.resource ?? ""];
  if (limit !== undefined) return limit;
  const path = valueFrom.fieldRef?.fieldPath ?? "";
  const [, map, key = ""] = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(path) ?? [];
  if (map !== undefined) return pod.metadata[map as "annotations" | "labels"]?.[key] ?? "";
  const field = fields[path];
  if (field === undefined)
    throw new Error(
      `variable ${name}: unsupported source: use fieldRef to ${Object.keys(fields).join(", ")}`,
    );
  return field(pod) ?? "";
}

/** Nothing is limited here; a program that asks gets a processor and a gigabyte. */
const limits: Readonly<Record<string, string>> = { "limits.cpu": "1", "limits.memory": "1073741824" };

const fields: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
  "metadata.name": (pod) => pod.metadata.name,
  "metadata.namespace": (pod) => pod.metadata.namespace,
  "metadata.uid": (pod) => pod.metadata.uid,
  "spec.nodeName": (pod) => pod.spec.nodeName,
  "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName,
  "status.hostIP": () => addresses.host,
  "status.podIP": (pod) => pod.status?.podIP,
  "status.podIPs": (pod) => pod.status?.podIP,
};
