import type { Container, KeyRef, ObjectFiles, PodTemplate, VolumeSource } from "../../kube/core/workloads.ts";

/** How a pod template uses one ConfigMap or Secret. */
export interface Use {
  /** The keys that it names; `all` if any key may matter. */
  readonly keys: readonly string[] | "all";
  /** Whether it is mounted as a folder, so that the kubelet writes a change into running pods. */
  readonly live: boolean;
}

/** The uses of a pod template, by `configmap/name` or `secret/name`. */
export type Uses = ReadonlyMap<string, Use>;

/** Every ConfigMap and Secret that reaches the containers of these pods, by environment or by volume. */
export function usesOf({ spec = {} }: PodTemplate): Uses {
  const { containers = [], initContainers = [], volumes = [] } = spec;
  const all = [...containers, ...initContainers];
  const folders = new Set(
    all
      .flatMap(({ volumeMounts = [] }) => volumeMounts)
      .filter(({ subPath, subPathExpr }) => !subPath && !subPathExpr)
      .map(({ name }) => name),
  );
  const found = [
    ...all.flatMap(environment),
    ...volumes.flatMap(({ name, projected, ...own }) =>
      [own, ...(projected?.sources ?? [])].flatMap((source) => files(source, folders.has(name))),
    ),
  ];
  const uses = new Map<string, Use>();
  for (const [object, use] of found) uses.set(object, union(uses.get(object), use));
  return uses;
}

function environment({ env = [], envFrom = [] }: Container): [string, Use][] {
  const variables = env.flatMap(({ valueFrom = {} }) => [
    ...used("configmap", valueFrom.configMapKeyRef),
    ...used("secret", valueFrom.secretKeyRef),
  ]);
  const wholes = envFrom.flatMap(({ configMapRef, secretRef }) => [
    ...used("configmap", configMapRef),
    ...used("secret", secretRef),
  ]);
  return [...variables, ...wholes];
}

function used(kind: string, { name, key }: KeyRef = {}): [string, Use][] {
  return name === undefined
    ? []
    : [[`${kind}/${name}`, { keys: key === undefined ? "all" : [key], live: false }]];
}

function files({ configMap, secret }: VolumeSource, live: boolean): [string, Use][] {
  const of = (kind: string, { name, secretName = name, items }: ObjectFiles = {}): [string, Use][] => {
    const keys = items?.map(({ key }) => key) ?? "all";
    return secretName === undefined ? [] : [[`${kind}/${secretName}`, { keys, live }]];
  };
  return [...of("configmap", configMap), ...of("secret", secret)];
}

function union(a: Use | undefined, b: Use): Use {
  if (a === undefined) return b;
  const keys = a.keys === "all" || b.keys === "all" ? "all" : [...new Set([...a.keys, ...b.keys])];
  return { keys, live: a.live || b.live };
}
