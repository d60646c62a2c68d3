import type { Exposure } from "../../rollout/exposure.ts";
import { heldOf } from "../../rollout/hold.ts";
import { reimpose } from "../../rollout/intent.ts";
import { heldServiceOf, isTwin, renarrow, selectorOf } from "../../rollout/isolation.ts";
import type { Evidence } from "../../rollout/judge/evidence.ts";
import type { BackendRef, Route, RouteRule, Service } from "../../rollout/objects.ts";
import type { Seen } from "../../rollout/seen.ts";
import { hashOf } from "../../rollout/template.ts";
import { aDeployment, aRoute, aService } from "../support/builders.ts";
import { imageOf } from "../support/cluster.ts";
import { checkPromises, checkShares, grantedTo } from "../support/invariants.ts";
import { World } from "../support/world.ts";
import { Witness } from "./model.witness.ts";

/** What a proxy needs at most to follow, in ms: a little less than Serin waits for. */
const LAG_MS = 4_900;
/** How long after a blow from outside requests may be lost for it, in ms. */
const BLOW_MS = 45_000;

/** What the metrics of the versions say. */
export type Word = "good" | "none";

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
  stale: Seen | undefined;
  #excusedUntil = 0;
  #openUntil = 0;
  #lessened: number | undefined;
  #recreated = 0;

  constructor(plan: Readonly<Record<string, string>>) {
    super();
    this.plan = Object.fromEntries(Object.entries(plan).map(([key, value]) => [`serin.dev/${key}`, value]));
    this.lagMs = LAG_MS;
    for (const name of ["web", "api"]) this.create(name, `${name}:1`, 4);
    for (const name of ["web", "api"]) this.applyService(name);
    this.applyRoute([{ backendRefs: both }]);
    for (let i = 0; i < 3; i += 1) this.tick(10_000);
    this.witness = new Witness(this);
    this.says = (seen) => this.#evidence(seen);
    this.answer = ({ hook }) => {
      if (this.hooks === "silent") return undefined;
      // A rollback hook that says yes asks for one.
      const kind = hook.type === "rollback" ? "no" : this.hooks;
      return { kind, at: this.now, status: kind === "yes" ? 200 : 403, body: "" };
    };
    this.isOpen = (service) =>
      this.now < this.#openUntil && heldServiceOf(service) === undefined && !isTwin(service);
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
    this.put("services", old === undefined ? wanted : renarrow(requested, old));
    this.check();
  }

  /** `kubectl apply` of the route's manifest. */
  applyRoute(rules: RouteRule[]): void {
    const old = this.find("httproutes", "web");
    if (old !== undefined) {
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
        const granted: Exposure = grantedTo(this, set, deployment);
        this.before.set(name, [...(this.before.get(name) ?? []), granted]);
      }
    this.#lessened = this.now;
    change();
  }

  /** So many times so many ms pass, and everybody acts. */
  pass(times: number, ms: number): void {
    for (let i = 0; i < times; i += 1) {
      if (this.isDown) this.#excusedUntil = Math.max(this.#excusedUntil, this.now + BLOW_MS);
      this.tick(ms);
      this.check();
      if (this.isDown) continue;
      this.control();
      if (this.#lessened !== undefined && this.now > this.#lessened + LAG_MS + ms) {
        this.before.clear();
        this.#lessened = undefined;
      }
    }
  }

  #watch(): void {
    this.witness.look();
    const missing = this.routes().some((route) =>
      (route.spec.rules ?? []).some(({ backendRefs = [] }) =>
        backendRefs.some((ref) => this.find("services", ref.name) === undefined),
      ),
    );
    if (missing) this.#excusedUntil = Math.max(this.#excusedUntil, this.now + BLOW_MS);
    checkShares(this, this.inForce());
    checkShares(this, this.routes());
    if (this.isStruck) return;
    checkPromises(this);
    this.#checkServed();
  }

  /** No weight on a Service without ready endpoints while a version that may serve has some. */
  #checkServed(): void {
    const refs = this.inForce().flatMap(({ spec }) =>
      (spec.rules ?? []).flatMap((rule) => rule.backendRefs ?? []),
    );
    for (const { name, weight = 1 } of refs) {
      const service = this.find("services", name);
      if (service === undefined || weight === 0) continue;
      const { app } = selectorOf(service);
      const deployment = this.find("deployments", app ?? "");
      const stable = deployment && heldOf(deployment)?.stable;
      const may = this.list("replicasets").some(
        (set) =>
          set.metadata.labels?.app === app &&
          (stable === undefined || hashOf(set) === stable) &&
          (set.status?.readyReplicas ?? 0) > 0,
      );
      if (may && [...this.endpoints(service).values()].every((ready) => ready === 0))
        throw new Error(`traffic goes to ${name}, which has no ready endpoint`);
    }
  }

  /** By a gate: it holds, is broken for long, or has no number. */
  #evidence({ now, plan, deployment }: Seen): Evidence {
    const reading = { kind: "value", value: 1 } as const;
    const times = { intervalMs: 60_000, at: now };
    const broken = { since: now - 120_000, last: now, readings: 9 };
    const none = { kind: "none", reason: "no data" } as const;
    const gate = imageOf(deployment).includes("bad")
      ? { reading, holds: false, broken, ...times }
      : this.word === "good"
        ? { reading, holds: true, ...times }
        : { reading: none, holds: false, ...times };
    const templates = plan.checks.filter(({ metric }) => metric === "template");
    return { gates: Object.fromEntries(templates.map(({ text }) => [text, gate])) };
  }
}

/** Both Deployments' Services behind one rule. */
export const both: BackendRef[] = [
  { name: "web", port: 80 },
  { name: "api", port: 80, weight: 3 },
];
