import type { Meta } from "../../kube/core/meta.ts";
import type { ReferenceGrant, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../kube/core/workloads.ts";
import type { Write } from "../../kube/core/writes.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { isCanaryService } from "../../rollout/traffic/canary-service.ts";
import type { Exposure } from "../../rollout/traffic/exposure.ts";
import { reisolate } from "../../rollout/traffic/isolation.ts";
import { reimpose } from "../../rollout/traffic/reapply.ts";
import { serviceRecordOf } from "../../rollout/traffic/service-record.ts";
import { isStableDown } from "../../rollout/workload/stable-down.ts";
import { findByHash } from "../../rollout/workload/template.ts";
import { aDeployment, aRoute, aService } from "../support/builders.ts";
import { evidenceOf, type Metrics } from "./evidence.ts";
import { appOf, checkShares, checkTargets, copiesGrantedTo, grantedTo } from "./invariants.ts";
import { both, edgeGrant, front, namesWeb } from "./manifests.ts";
import { mutate } from "./policy.ts";
import { heldIn } from "./records.ts";
import { checkServable, unserved } from "./served.ts";
import { policed, type Spoiler } from "./spoilers.ts";
import { Witness } from "./witness.ts";
import { World } from "./world.ts";

/** The longest time that the proxy needs to follow, in ms: a little less than Serin waits for. */
const LAG_MS = 4_900;
/** The time after a disturbance from outside in which requests may be lost because of it, in ms. */
const DISTURBED_MS = 45_000;
/** The longest time that a Service may select no pod while one could serve, in ms. */
const UNSERVED_MS = 20_000;

/** A shop of two Deployments behind a slow proxy, in which every promise is checked. */
export class ModelWorld extends World {
  readonly #plan: Readonly<Record<string, string>>;
  readonly #limit: number;
  /** Whether `web` has a second Service, `admin`, behind a second route, `front` of the namespace `edge`. */
  readonly isWide: boolean;
  readonly witness: Witness;
  /** The metrics of versions that are not bad. */
  metrics: Metrics = "good";
  hooks: "yes" | "no" | "silent" = "yes";
  /** Whether both of Serin's processes are down. */
  isDown = false;
  /** A snapshot that another controller took some time ago. */
  stale: Snapshot | undefined;
  /** Whether the API server refuses changes of routes. */
  refusesRoutes = false;
  /** Whether it refuses changes of sizes. */
  refusesScales = false;
  /** Whether a mutating policy adds labels to what Serin writes, and a default to each Service. */
  isMutating = false;
  /** A policy that removes or resets what Serin needs on Deployments. */
  spoiler: Spoiler | undefined;
  #excusedUntil = 0;
  #grantedAt = 0;
  #openUntil = 0;
  #lowered: { at: number; rounds: number } | undefined;
  #lowerings = 0;
  #recreated = 0;
  #checked = "";
  /** The Services that select no pod: since when (ms), and how often the controller has looked since. */
  readonly #unserved = new Map<string, { readonly since: number; readonly looks: number }>();

  constructor(plan: Readonly<Record<string, string>>, { isWide = false, limit = 10 } = {}) {
    super();
    this.#limit = limit;
    this.isWide = isWide;
    if (isWide) this.grants = [edgeGrant];
    this.#plan = Object.fromEntries(Object.entries(plan).map(([key, value]) => [`serin.dev/${key}`, value]));
    this.lagMs = LAG_MS;
    for (const name of ["web", "api"]) this.create(name, `${name}:1`, 4);
    this.applyAll();
    for (let i = 0; i < 3; i += 1) this.tick(10_000);
    this.witness = new Witness(this);
    this.says = (snapshot) => evidenceOf(snapshot, this.metrics);
    this.answer = ({ hook }) => {
      if (this.hooks === "silent") return undefined;
      // A rollback hook that answers yes requests a rollback.
      const kind = hook.type === "rollback" ? "no" : this.hooks;
      return { kind, at: this.clock.now, status: kind === "yes" ? 200 : 403, body: "" };
    };
    const named = plan.services?.split(", ");
    const isLeftOut = ({ metadata: { name } }: Service) =>
      name === "admin" && named?.includes(name) === false;
    this.isOpen = (service) =>
      (this.now < this.#openUntil || isLeftOut(service)) &&
      serviceRecordOf(service) === undefined &&
      !isCanaryService(service);
    this.admits = (next, before, by) => policed(this.spoiler, next, before, by);
    this.check = () => this.#checkChanges();
  }

  /** `kubectl create` of the Deployment's manifest; a Deployment of the same name had another UID. */
  create(name: string, image: string, replicas: number): void {
    this.#recreated += 1;
    const meta = { name, uid: `uid-${name}-${this.#recreated}`, generation: 0 };
    this.put("deployments", this.#manifest(image, replicas, meta));
  }

  /** `kubectl replace` of the Deployment by its manifest, which knows nothing of a rollout. */
  replace(name: string, image: string, replicas: number): void {
    this.disturb();
    this.lowerGrants(() =>
      this.request(name, (old) => {
        const { metadata, spec } = this.#manifest(image, replicas, { name });
        const { labels: _labels, ...kept } = old.metadata;
        return { ...old, metadata: { ...kept, annotations: metadata.annotations ?? {} }, spec };
      }),
    );
  }

  #manifest(image: string, replicas: number, meta: Partial<Meta> & { readonly name: string }): Deployment {
    const fields = { image, replicas, revisionHistoryLimit: this.#limit };
    return aDeployment({ ...fields, annotations: { ...this.planOf(meta.name) }, meta });
  }

  /** The annotations of the plan; those that name Services and routes name `web`'s. */
  planOf(name: string): Readonly<Record<string, string>> {
    const { "serin.dev/services": _services, "serin.dev/routes": _routes, ...shared } = this.#plan;
    return name === "web" ? this.#plan : shared;
  }

  /** `kubectl apply` of the manifests of all Services and routes. */
  applyAll(): void {
    for (const name of ["web", "api", ...(this.isWide ? ["admin"] : [])]) this.applyService(name);
    this.applyRoute([{ backendRefs: both }]);
    if (this.isWide) this.applyRoute(front, "front");
  }

  /** `kubectl apply` of the Service's manifest, through admission. */
  applyService(name: string, note = name): void {
    const wanted = aService({ selector: { app: appOf(name) }, meta: { name, annotations: { note } } });
    const old = this.find("services", name);
    const annotations = { ...old?.metadata.annotations, note };
    const requested: Service = { ...wanted, metadata: { ...wanted.metadata, ...old?.metadata, annotations } };
    if (old === undefined) this.#openUntil = this.now + DISTURBED_MS;
    this.put("services", old === undefined ? wanted : reisolate(requested, old));
    this.check();
  }

  /** `kubectl apply` of the route's manifest. */
  applyRoute(rules: RouteRule[], name = "web"): void {
    const old = this.find("httproutes", name);
    if (old !== undefined) {
      // Without a route the canary gets its share through the Service's pods. Both ways overlap for a while.
      if (namesWeb(old.spec.rules) !== namesWeb(rules)) this.#openUntil = this.now + DISTURBED_MS;
      this.editRoute((route) => ({ ...route, spec: { ...route.spec, rules } }), name);
      return;
    }
    const controllerName = "io.cilium/gateway-controller";
    this.#recreated += 1;
    this.#openUntil = this.now + DISTURBED_MS;
    const namespace = name === "front" ? "edge" : "shop";
    const meta = { name, namespace, uid: `uid-route-${this.#recreated}`, generation: 0 };
    this.put("httproutes", aRoute({ rules, meta, status: { parents: [{ controllerName }] } }));
    this.check();
  }

  /** `kubectl edit` of the route, through admission. */
  editRoute(change: (route: Route) => Route, name = "web"): void {
    const old = this.find("httproutes", name);
    if (old === undefined) return;
    this.put("httproutes", reimpose(change(structuredClone(old)), old));
    this.check();
  }

  /** Notes a change that may lose requests on its own, whatever Serin does. */
  override disturb(): void {
    this.#excusedUntil = Math.max(this.#excusedUntil, this.now + DISTURBED_MS);
  }

  /** Performs a write of Serin's, and what a mutating policy makes of it. */
  override perform(write: Write): void {
    super.perform(write);
    if (this.isMutating) mutate(this, write);
  }

  /** Lets the API server take all writes again; Serin has missed some meanwhile. */
  endRefusals(): void {
    if (this.refusesRoutes) this.disturb();
    Object.assign(this, { refuses: () => false, refusesRoutes: false, refusesScales: false });
  }

  /** Changes which routes of other namespaces may name these Services. */
  setGrants(grants: readonly ReferenceGrant[]): void {
    if (grants.length > this.grants.length) this.#grantedAt = this.now;
    this.grants = grants;
    this.disturb();
  }

  /** Those of these routes that the gateway obeys. One without its grant gets errors instead, and Serin learns later of a new grant. */
  obeyed(routes: readonly Route[]): readonly Route[] {
    const isNew = this.now < this.#grantedAt + DISTURBED_MS;
    return routes.filter(
      ({ metadata }) => metadata.namespace !== "edge" || (this.grants.length > 0 && !isNew),
    );
  }

  /** Whether a disturbance still explains wrong sizes and missing endpoints. */
  get isDisturbed(): boolean {
    return this.now < this.#excusedUntil;
  }

  /** Deletes a ReplicaSet and its pods. Its run record goes too: a canary that native control recreates begins again. */
  loseSet(name: string): void {
    this.disturb();
    this.lowerGrants(() => this.remove("replicasets", name));
  }

  /** Makes a change that may lower grants. The routes in force keep the earlier grants for a while. */
  lowerGrants(change: () => void): void {
    for (const deployment of this.list("deployments"))
      for (const set of this.list("replicasets")) {
        const { name, ownerReferences } = set.metadata;
        if (ownerReferences?.[0]?.uid !== deployment.metadata.uid) continue;
        const granted: Exposure = {
          ...grantedTo(this, set, deployment),
          mirror: copiesGrantedTo(set, deployment),
        };
        this.before.set(name, [...(this.before.get(name) ?? []), granted]);
      }
    this.#lowered = { at: this.now, rounds: 0 };
    this.#lowerings += 1;
    change();
  }

  /** Lets `ms` pass as many `times`; after each, the cluster and the controller act. While it is down, a new Service stays open. */
  pass(times: number, ms: number): void {
    for (let i = 0; i < times; i += 1) {
      if (this.isDown) this.disturb();
      if (this.isDown) this.restart();
      if (this.isDown && this.now < this.#openUntil) this.#openUntil = this.now + DISTURBED_MS;
      this.tick(ms);
      this.check();
      if (this.isDown) continue;
      const { kills } = this;
      this.control();
      if (this.kills === kills) this.#forget();
      this.#expectService();
    }
  }

  /** Throws if a Service has selected no pod for long although the version that is left has ready ones. */
  #expectService(): void {
    const names = unserved(this);
    for (const name of this.#unserved.keys()) if (!names.includes(name)) this.#unserved.delete(name);
    for (const name of names) {
      const { since, looks } = this.#unserved.get(name) ?? { since: this.now, looks: 0 };
      if (looks > 3 && this.now - since > UNSERVED_MS)
        throw new Error(`Service ${name} selects no pod for ${this.now - since} ms`);
      this.#unserved.set(name, { since, looks: looks + 1 });
    }
  }

  /** Forgets the earlier grants once the controller has lowered them and the proxy has followed. */
  #forget(): void {
    this.drained.look(this.list("replicasets"), this.now, this.refusesRoutes);
    if (this.#lowered === undefined || this.refusesRoutes) return;
    this.#lowered.rounds += 1;
    if (this.#lowered.rounds <= 1) this.#lowered.at = this.now;
    else if (this.now >= this.#lowered.at + LAG_MS) {
      this.before.clear();
      this.#lowered = undefined;
    }
  }

  /** Checks everything that may have changed since the last check. */
  #checkChanges(): void {
    const isOpen = this.now < Math.max(this.#openUntil, this.#grantedAt + DISTURBED_MS);
    const state = [this.state, this.isDisturbed, isOpen, this.before.size, this.#lowerings].join(" ");
    if (state === this.#checked) return;
    this.#checkAll();
    this.#checked = state;
  }

  #checkAll(): void {
    const routes = this.routes();
    // Serin isolates a Service that was made while no stable pod was ready once one is, as otherwise nobody would answer.
    if (this.list("deployments").some((one) => isStableDown(stableOf(this, one))))
      this.#openUntil = Math.max(this.#openUntil, this.now + DISTURBED_MS);
    const missing = routes.some(({ spec }) =>
      (spec.rules ?? []).some(({ backendRefs = [] }) =>
        backendRefs.some((ref) => this.find("services", ref.name) === undefined),
      ),
    );
    if (missing) this.disturb();
    this.witness.look();
    const others = this.inForce().filter(({ spec }) => routes.every((route) => route.spec !== spec));
    checkShares(this, this.obeyed([...others, ...routes]));
    if (this.isDisturbed) return;
    checkTargets(this);
    // Nothing can take the weight from a version without pods then.
    if (!this.refusesRoutes) checkServable(this, this.obeyed(this.inForce()));
  }
}

function stableOf(world: World, deployment: Deployment): ReplicaSet | undefined {
  return findByHash(world.replicaSetsOf(deployment), heldIn(deployment)?.stable ?? "");
}
