import type { BackendRef, Route, RouteRule } from "../../kube/core/routes.ts";
import type { Service } from "../../kube/core/services.ts";
import type { Snapshot } from "../../rollout/stages/snapshot.ts";
import { isCanaryService } from "../../rollout/traffic/canary-service.ts";
import type { Exposure } from "../../rollout/traffic/exposure.ts";
import { reisolate } from "../../rollout/traffic/isolation.ts";
import { reimpose } from "../../rollout/traffic/reapply.ts";
import { serviceRecordOf } from "../../rollout/traffic/service-record.ts";
import { aDeployment, aRoute, aService } from "../support/builders.ts";
import { evidenceOf, type Word } from "./evidence.ts";
import { checkShares, checkTargets, copiesGrantedTo, grantedTo } from "./invariants.ts";
import { checkServed } from "./served.ts";
import { Witness } from "./witness.ts";
import { World } from "./world.ts";

/** What a proxy needs at most to follow, in ms: a little less than Serin waits for. */
const LAG_MS = 4_900;
/** How long after a blow from outside requests may be lost for it, in ms. */
const BLOW_MS = 45_000;

/** A shop of one or two Deployments behind one route of a slow proxy, in which every promise is watched. */
export class ModelWorld extends World {
  readonly plan: Readonly<Record<string, string>>;
  readonly witness: Witness;
  /** What the metrics say of versions that are not bad. */
  word: Word = "good";
  hooks: "yes" | "no" | "silent" = "yes";
  /** Both of our processes are dead. */
  isDown = false;
  /** What another controller saw some time ago. */
  stale: Snapshot | undefined;
  #excusedUntil = 0;
  #openUntil = 0;
  #lessened: { at: number; rounds: number } | undefined;
  #lessenings = 0;
  #recreated = 0;
  #looked = "";

  constructor(plan: Readonly<Record<string, string>>) {
    super();
    this.plan = Object.fromEntries(Object.entries(plan).map(([key, value]) => [`serin.dev/${key}`, value]));
    this.lagMs = LAG_MS;
    for (const name of ["web", "api"]) this.create(name, `${name}:1`, 4);
    for (const name of ["web", "api"]) this.applyService(name);
    this.applyRoute([{ backendRefs: both }]);
    for (let i = 0; i < 3; i += 1) this.tick(10_000);
    this.witness = new Witness(this);
    this.says = (snapshot) => evidenceOf(snapshot, this.word);
    this.answer = ({ hook }) => {
      if (this.hooks === "silent") return undefined;
      // A rollback hook that says yes asks for one.
      const kind = hook.type === "rollback" ? "no" : this.hooks;
      return { kind, at: this.now, status: kind === "yes" ? 200 : 403, body: "" };
    };
    this.isOpen = (service) =>
      this.now < this.#openUntil && serviceRecordOf(service) === undefined && !isCanaryService(service);
    this.check = () => this.#watch();
  }

  /** `kubectl create` of the Deployment's manifest; a Deployment of the same name had another UID. */
  create(name: string, image: string, replicas: number): void {
    this.#recreated += 1;
    const meta = { name, uid: `uid-${name}-${this.#recreated}`, generation: 0 };
    this.put("deployments", aDeployment({ image, annotations: { ...this.plan }, replicas, meta }));
  }

  /** `kubectl apply` of the Service's manifest, through admission. */
  applyService(name: string, note = name): void {
    const wanted = aService({ selector: { app: name }, meta: { name, annotations: { note } } });
    const old = this.find("services", name);
    const annotations = { ...old?.metadata.annotations, note };
    const requested: Service = { ...wanted, metadata: { ...wanted.metadata, ...old?.metadata, annotations } };
    if (old === undefined) this.#openUntil = this.now + BLOW_MS;
    this.put("services", old === undefined ? wanted : reisolate(requested, old));
    this.check();
  }

  /** `kubectl apply` of the route's manifest. */
  applyRoute(rules: RouteRule[]): void {
    const old = this.find("httproutes", "web");
    if (old !== undefined) {
      // Without a route the canary has its share through the Service's pods: for a while both go on together.
      if (namesWeb(old.spec.rules) !== namesWeb(rules)) this.#openUntil = this.now + BLOW_MS;
      this.editRoute((route) => ({ ...route, spec: { ...route.spec, rules } }));
      return;
    }
    const controllerName = "gateway.envoyproxy.io/gatewayclass-controller";
    this.#recreated += 1;
    this.#openUntil = this.now + BLOW_MS;
    const meta = { uid: `uid-route-${this.#recreated}`, generation: 0 };
    this.put("httproutes", aRoute({ rules, meta, status: { parents: [{ controllerName }] } }));
    this.check();
  }

  /** `kubectl edit` of the route, through admission. */
  editRoute(change: (route: Route) => Route): void {
    const old = this.find("httproutes", "web");
    if (old === undefined) return;
    this.put("httproutes", reimpose(change(structuredClone(old)), old));
    this.check();
  }

  /** Somebody does what may cost requests by itself. */
  blow(): void {
    this.#excusedUntil = Math.max(this.#excusedUntil, this.now + BLOW_MS);
  }

  /** Whether what is wrong with sizes and endpoints is still the blow's. */
  get isStruck(): boolean {
    return this.now < this.#excusedUntil;
  }

  /** Somebody may take back a part of what was granted: what is in force still has it for a while. */
  lessen(change: () => void): void {
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
    this.#lessened = { at: this.now, rounds: 0 };
    this.#lessenings += 1;
    change();
  }

  /** So many times so many ms pass, and everybody acts. */
  pass(times: number, ms: number): void {
    for (let i = 0; i < times; i += 1) {
      if (this.isDown) this.blow();
      this.tick(ms);
      this.check();
      if (this.isDown) continue;
      this.control();
      this.#forget();
    }
  }

  /** What the controller has taken back is out of force when the proxy has had its time. */
  #forget(): void {
    if (this.#lessened === undefined) return;
    this.#lessened.rounds += 1;
    if (this.#lessened.rounds <= 1) this.#lessened.at = this.now;
    else if (this.now >= this.#lessened.at + LAG_MS) {
      this.before.clear();
      this.#lessened = undefined;
    }
  }

  /** Looks at everything that may have changed since the last look. */
  #watch(): void {
    const isOpen = this.now < this.#openUntil;
    const state = [this.state, this.isStruck, isOpen, this.before.size, this.#lessenings].join(" ");
    if (state === this.#looked) return;
    this.#look();
    this.#looked = state;
  }

  #look(): void {
    const routes = this.routes();
    const missing = routes.some(({ spec }) =>
      (spec.rules ?? []).some(({ backendRefs = [] }) =>
        backendRefs.some((ref) => this.find("services", ref.name) === undefined),
      ),
    );
    if (missing) this.blow();
    this.witness.look();
    const others = this.inForce().filter(({ spec }) => routes.every((route) => route.spec !== spec));
    checkShares(this, [...others, ...routes]);
    if (this.isStruck) return;
    checkTargets(this);
    checkServed(this);
  }
}

function namesWeb(rules: readonly RouteRule[] = []): boolean {
  return rules.some(({ backendRefs = [] }) => backendRefs.some(({ name }) => name === "web"));
}

/** Both Deployments' Services behind one rule. */
export const both: BackendRef[] = [
  { name: "web", port: 80 },
  { name: "api", port: 80, weight: 3 },
];
