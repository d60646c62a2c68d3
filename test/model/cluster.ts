import type { Condition } from "../../kube/core/meta.ts";
import { type Route, routeKeyOf } from "../../kube/core/routes.ts";
import type { EndpointSlice, Service } from "../../kube/core/services.ts";
import type { Deployment, Pod, PodTemplate, ReplicaSet } from "../../kube/core/workloads.ts";
import { type Plural, pluralOf } from "../../kube/core/writes.ts";
import { FLIGHT } from "../../rollout/keys.ts";
import { routeRecordOf } from "../../rollout/traffic/route-record.ts";
import { hold } from "../../rollout/workload/hold.ts";
import { findByTemplate, hashOf, sameTemplate } from "../../rollout/workload/template.ts";
import { NOON } from "../support/builders.ts";
import { noteBegun } from "./begun.ts";
import { surplusOf, syncDeployment } from "./native.ts";
import { type Kinds, Objects } from "./objects.ts";
import { podsOf } from "./pods.ts";

/**
 * The part of Kubernetes that a rollout touches, in memory: stored objects with versions and generations, the native
 * Deployment controller, pods, endpoints, and a gateway that follows its routes at the next tick. Pods become ready a
 * tick after their creation, except those of an image with "never" or "crash" in its name.
 */
export class Cluster extends Objects {
  now = NOON;
  /** Called after every change. */
  check: () => void = () => {};
  /** Versions that may have all requests without a verdict: begun, or taken up again, by native control, or once stable. */
  readonly begunNatively = new Set<string>();
  /** The most pods that the namespace may have. */
  quota = Number.POSITIVE_INFINITY;
  /** Name of a ReplicaSet → how many of its pods are not ready, whatever their image. */
  readonly sick = new Map<string, number>();
  /** The time from a change of a route until it is in force, in ms. */
  lagMs = 0;
  /** The status of ResolvedRefs that the gateway reports for every route. */
  answers: "True" | "False" = "True";
  /** Whether it leaves out each rule with a canary Service in it. */
  dropsRules = false;
  /** The versions of each route that are not in force yet, oldest first, each with the instant of its write. */
  readonly #pending = new Map<string, { readonly route: Route; readonly at: number }[]>();
  readonly #podsSince = new Map<string, number[]>();
  /** When each pod of a ReplicaSet last became ready or unready. */
  readonly #turned = new Map<string, number[]>();
  readonly #inForce = new Map<string, Route>();
  #followed = 0;
  /** The templates so far, each with the name of its Deployment. */
  readonly #templates: { readonly name: string; readonly template: PodTemplate }[] = [];
  /** The UIDs of the ReplicaSets in the order in which they last were the new one. */
  #revisions: (string | undefined)[] = [];

  /** The routes of both kinds. */
  routes(): Route[] {
    return [...this.list("httproutes"), ...this.list("grpcroutes")];
  }

  override put<K extends Plural>(kind: K, object: Kinds[K]): void {
    const before = this.find(kind, object.metadata.name);
    super.put(kind, object);
    const stored = this.find(kind, object.metadata.name);
    if (stored === before || (kind !== "httproutes" && kind !== "grpcroutes")) return;
    if (before?.spec === stored?.spec) return;
    const key = routeKeyOf(stored as Route);
    this.#pending.set(key, [...(this.#pending.get(key) ?? []), { route: stored as Route, at: this.now }]);
  }

  override remove(kind: Plural, name: string): void {
    const gone = this.find(kind, name);
    if (kind === "replicasets") {
      this.#podsSince.delete(name);
      this.#turned.delete(name);
      this.sick.delete(name);
      this.begunNatively.delete(name);
    }
    if (gone !== undefined && (kind === "httproutes" || kind === "grpcroutes")) {
      this.#inForce.delete(routeKeyOf(gone as Route));
      this.#pending.delete(routeKeyOf(gone as Route));
    }
    super.remove(kind, name);
  }

  /** Loses a node with this many pods of a version. */
  losePods(set: ReplicaSet, pods: number): void {
    const { name } = set.metadata;
    this.#podsSince.set(name, (this.#podsSince.get(name) ?? []).slice(pods));
    const left = this.#podsSince.get(name)?.length ?? 0;
    const { readyReplicas = 0, availableReplicas = 0 } = set.status ?? {};
    const status = {
      ...set.status,
      replicas: left,
      readyReplicas: Math.min(readyReplicas, left),
      availableReplicas: Math.min(availableReplicas, left),
    };
    this.put("replicasets", { ...set, status });
  }

  /** Lets everything except Serin act once, then lets `ms` pass. */
  tick(ms = 5_000): void {
    this.adopt();
    for (const deployment of this.list("deployments")) this.#control(deployment);
    for (const set of this.list("replicasets"))
      if (set.metadata.ownerReferences?.length === 0)
        this.put("replicasets", { ...set, status: this.#statusOf(set) });
    // Pods change faster than gateways: a pod that still gets traffic must still exist.
    this.check();
    if (this.lagMs === 0) this.follow();
    this.now += ms;
    if (this.lagMs > 0) this.follow();
  }

  /** Lets the gateway read the stored routes, report their status, and put due changes in force. */
  follow(): void {
    for (const route of this.routes()) {
      const { generation = 0 } = route.metadata;
      const condition = (type: string, status: "True" | "False" = "True") =>
        ({ type, status, observedGeneration: generation }) as const;
      const isDropped = this.dropsRules && Object.keys(routeRecordOf(route)?.shares ?? {}).length > 0;
      const dropped = isDropped ? [condition("PartiallyInvalid")] : [];
      const conditions = [condition("Accepted"), condition("ResolvedRefs", this.answers), ...dropped];
      const controllerName = route.status?.parents?.[0]?.controllerName ?? "traefik.io/gateway-controller";
      this.put(pluralOf(route), { ...route, status: { parents: [{ controllerName, conditions }] } });
      const key = routeKeyOf(route);
      const pending = this.#pending.get(key) ?? [];
      // A later write does not delay the one before it.
      const due = pending.filter(({ at }) => this.now - at >= this.lagMs);
      const newest = due.at(-1);
      if (newest === undefined) continue;
      this.#pending.set(key, pending.slice(due.length));
      this.#inForce.set(key, newest.route);
      this.#followed += 1;
    }
  }

  /** A number that changes with the stored objects and the routes in force. */
  get state(): number {
    return this.version + this.#followed;
  }

  /** The routes in force at this moment. */
  inForce(): Route[] {
    return [...this.#inForce.values()];
  }

  /** The number of a Service's ready endpoints by the hash of their version. */
  endpoints(service: Service): Map<string, number> {
    const selected = this.list("replicasets").filter((set) =>
      Object.entries(service.spec.selector ?? {}).every(
        ([key, value]) => set.spec.template.metadata?.labels?.[key] === value,
      ),
    );
    return new Map(selected.map((set) => [hashOf(set), set.status?.readyReplicas ?? 0]));
  }

  /** The ReplicaSets that the Deployment owns, oldest first. */
  replicaSetsOf({ metadata: { uid } }: Deployment): ReplicaSet[] {
    return this.list("replicasets").filter((set) => set.metadata.ownerReferences?.[0]?.uid === uid);
  }

  /** The EndpointSlice of a Service, with the Service's labels. */
  endpointSlice(service: Service): EndpointSlice {
    const { name, namespace, labels } = service.metadata;
    const ready = [...this.endpoints(service)].flatMap(([hash, count]) =>
      Array.from({ length: count }, (_, i) => ({ addresses: [`${hash}-${i}`] })),
    );
    return {
      metadata: {
        name: `${name}-slice`,
        ...(namespace !== undefined && { namespace }),
        labels: { ...labels, "kubernetes.io/service-name": name },
      },
      ports: service.spec.ports?.map(({ name = "" }) => ({ name })) ?? [],
      endpoints: ready,
    };
  }

  pods(set: ReplicaSet): Pod[] {
    const { name } = set.metadata;
    const crashing = imageOf(set).includes("crash");
    return podsOf(set, this.#podsSince.get(name) ?? [], { turned: this.#turned.get(name) ?? [], crashing });
  }

  /** Native control adopts ReplicaSets that have no controller and that its selector finds. */
  adopt(): void {
    for (const { metadata } of this.list("deployments")) {
      const { name, uid = "" } = metadata;
      const owner = { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true } as const;
      for (const set of this.list("replicasets")) {
        if (set.metadata.labels?.app !== name || set.metadata.ownerReferences?.length !== 0) continue;
        this.put("replicasets", { ...set, metadata: { ...set.metadata, ownerReferences: [owner] } });
        // What another Deployment left serves until native control has replaced it.
        if (set.metadata.labels[FLIGHT] !== uid) this.begunNatively.add(set.metadata.name);
      }
    }
  }

  #control(deployment: Deployment): void {
    const { uid, name } = deployment.metadata;
    const found = this.list("replicasets").filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid,
    );
    const own = found.map((set) => ({ ...set, metadata: { ...set.metadata }, spec: { ...set.spec } }));
    syncDeployment(deployment, own, (template) => this.#hashOf(name, template));
    noteBegun(this.begunNatively, deployment, found, own);
    for (const set of own) this.put("replicasets", { ...set, status: this.#statusOf(set) });
    for (const { metadata } of this.#surplusOf(deployment, own)) this.remove("replicasets", metadata.name);
    const sets = own.flatMap((set) => this.find("replicasets", set.metadata.name) ?? []);
    const total = (of: (set: ReplicaSet) => number | undefined) =>
      sets.reduce((n, set) => n + (of(set) ?? 0), 0);
    const current = findByTemplate(sets, deployment.spec.template);
    const status = {
      ...deployment.status,
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: total(({ status }) => status?.replicas),
      updatedReplicas: current?.status?.replicas ?? 0,
      availableReplicas: total(({ status }) => status?.availableReplicas),
    };
    this.put("deployments", { ...deployment, status });
  }

  /** The same template has the same hash, also after its ReplicaSet or the Deployment was deleted; no two have the same. */
  #hashOf(name: string, template: PodTemplate): string {
    const index = this.#templates.findIndex(
      (one) => one.name === name && sameTemplate(one.template, template),
    );
    return `h${index < 0 ? this.#templates.push({ name, template }) : index + 1}`;
  }

  #surplusOf(deployment: Deployment, sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
    const current = findByTemplate(sets, deployment.spec.template);
    if (current === undefined) return [];
    const revision = ({ metadata }: ReplicaSet) => this.#revisions.indexOf(metadata.uid);
    const { uid } = this.get("replicasets", current.metadata.name).metadata;
    if (this.#revisions.at(-1) !== uid)
      this.#revisions = [...this.#revisions.filter((one) => one !== uid), uid];
    const old = sets.filter((set) => set !== current).toSorted((a, b) => revision(a) - revision(b));
    return surplusOf(deployment, old);
  }

  #statusOf(set: ReplicaSet): NonNullable<ReplicaSet["status"]> {
    const { name } = set.metadata;
    const replicas = set.spec.replicas ?? 0;
    const before = this.#podsSince.get(name) ?? [];
    const since = before.slice(0, replicas);
    // The ReplicaSet controller deletes pods that are not ready first.
    const sick = Math.max(0, (this.sick.get(name) ?? 0) - (before.length - since.length));
    if (sick > 0) this.sick.set(name, sick);
    else this.sick.delete(name);
    const image = imageOf(set);
    const readyAt = this.now - (image.includes("slow") ? 20_000 : 0);
    const started = /never|crash/.test(image) ? 0 : since.filter((at) => at <= readyAt).length;
    const ready = Math.max(0, started - sick);
    const turned = (this.#turned.get(name) ?? []).slice(0, replicas);
    const was = set.status?.readyReplicas ?? 0;
    for (let i = Math.min(was, ready); i < Math.max(was, ready); i += 1) turned[i] = this.now;
    this.#turned.set(name, turned);
    const others = [...this.#podsSince].reduce(
      (n, [other, { length }]) => n + (other === name ? 0 : length),
      0,
    );
    const room = Math.max(0, Math.min(replicas, this.quota - others) - since.length);
    const created = Array.from({ length: room }, () => this.now);
    this.#podsSince.set(name, [...since, ...created]);
    const pods = since.length + room;
    const held = set.spec.minReadySeconds === hold(EMPTY, 0).minReadySeconds;
    const failure = () => set.status?.conditions ?? [quotaFailure(this.now)];
    const conditions = pods < replicas ? { conditions: failure() } : {};
    return { replicas: pods, readyReplicas: ready, availableReplicas: held ? 0 : ready, ...conditions };
  }
}

const EMPTY = { selector: {}, template: {} };

function quotaFailure(now: number): Condition {
  const lastTransitionTime = new Date(now).toISOString();
  return { type: "ReplicaFailure", status: "True", message: "exceeded quota", lastTransitionTime };
}

/** The image that identifies a version in these tests. */
export function imageOf({ spec: { template } }: Deployment | ReplicaSet): string {
  return (template.spec?.containers as { image: string }[] | undefined)?.[0]?.image ?? "";
}
