import { parse } from "yaml";
import type { ReplicaSet } from "../../../kube/core/workloads.ts";

const GATEWAY_API = "gateway.networking.k8s.io";

/** The role of a tenant: all rights on the objects of applications in one namespace. */
export function role(user: string, namespace: string): string {
  const rules = [
    { apiGroups: [""], resources: ["services", "configmaps", "pods"], verbs: ["*"] },
    { apiGroups: ["apps"], resources: ["deployments", "replicasets"], verbs: ["*"] },
    { apiGroups: [GATEWAY_API], resources: ["httproutes", "grpcroutes"], verbs: ["*"] },
  ];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
  const of = (kind: string) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    metadata: { name: user, namespace },
  });
  return list([
    { ...of("Role"), rules },
    { ...of("RoleBinding"), roleRef, subjects },
  ]);
}

/** The victim of an attack: the Deployment's UID, the namespace, and a ReplicaSet to imitate. */
export interface Target {
  readonly uid: string;
  readonly victim: string;
  readonly template: ReplicaSet | undefined;
  readonly gateway: { readonly name: string; readonly namespace: string };
}

/** Objects of the attacker with the marks of the victim's rollout, and with nonsense under Serin's keys. */
export function forged({ uid, victim, template, gateway }: Target): string {
  const labels = { "serin.dev/flight": uid };
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid }];
  const share = {
    namespace: victim,
    twins: { web: "web-canary" },
    weight: 100,
    since: "2999-01-01T00:00:00Z",
  };
  const held = JSON.stringify({ rules: {}, flights: { [uid]: share } });
  const service = (name: string, annotations = {}, more = {}) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels, annotations, ...more },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  });
  const route = (name: string, annotations: object) => ({
    apiVersion: `${GATEWAY_API}/v1`,
    kind: "HTTPRoute",
    metadata: { name, labels, annotations },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
      hostnames: [`${name}.evil.example`],
      rules: [{ backendRefs: [{ name: "web", namespace: victim, port: 80 }] }],
    },
  });
  const pods = { app: "web", "pod-template-hash": String(template?.metadata.labels?.["pod-template-hash"]) };
  const set = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "imitation", labels: { ...labels, ...pods }, annotations: { "serin.dev/run": "{" } },
    spec: {
      replicas: 0,
      selector: { matchLabels: pods },
      template: { metadata: { labels: pods }, spec: { containers: [{ name: "app", image: "evil:1" }] } },
    },
  };
  return list([
    set,
    service("web-canary", {}, { ownerReferences }),
    service("other", {
      "serin.dev/held": JSON.stringify({ selector: { app: "x" }, since: "2999-01-01T00:00:00Z" }),
    }),
    service("nonsense", { "serin.dev/held": "{" }),
    route("trap", { "serin.dev/held": held }),
    route("nonsense", { "serin.dev/held": '{"rules":null,"flights":{"u":null}}' }),
  ]);
}

/** Routes with `rules` rules each, which name the victim's Service, in bundles of fifty. */
export function manyRoutes(routes: number, rules: number, victim: string): object[][] {
  const one = (i: number) => ({
    apiVersion: `${GATEWAY_API}/v1`,
    kind: "HTTPRoute",
    metadata: { name: `many-${i}` },
    spec: {
      hostnames: [`many-${i}.evil.example`],
      rules: Array.from({ length: rules }, (_, rule) => ({
        matches: [{ path: { type: "PathPrefix", value: `/${rule}` } }],
        backendRefs: [{ name: "web", namespace: victim, port: 80 }],
      })),
    },
  });
  const all = Array.from({ length: routes }, (_, i) => one(i));
  return Array.from({ length: Math.ceil(routes / 50) }, (_, i) => all.slice(i * 50, (i + 1) * 50));
}

/** Joins several manifests of lists into one. */
export function jsonList(manifests: readonly string[]): string {
  return list(manifests.flatMap((text) => (parse(text) as { items: object[] }).items));
}

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
