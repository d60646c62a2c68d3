import { expect } from "chai";
import jsonPatch, { type Operation } from "fast-json-patch";
import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment, ReplicaSet } from "../../../kube/core/workloads.ts";
import type { ArgoRollout, ArgoSeen } from "../../../migrate/live/argo/seen.ts";
import { argoSteps } from "../../../migrate/live/argo/steps.ts";
import type { LiveWrite } from "../../../migrate/live/step.ts";
import { nextMove } from "../../../migrate/live/step.ts";

const PODS = 3;
const HASH = "rollouts-pod-template-hash";
const MANAGED = "argo-rollouts.argoproj.io/managed-by-rollouts";
const all = argoSteps.length;
const metadata = (name: string) => ({
  name,
  namespace: "shop",
  uid: name,
  resourceVersion: "1",
  generation: 1,
});

/** An application as Argo Rollouts leaves it at rest, which answers to writes at once. */
class ArgoShop {
  readonly objects = new Map<string, KubeObject>();
  readonly #more: Partial<ArgoSeen>;

  constructor(phase = "Healthy", more: Partial<ArgoSeen> = {}) {
    this.#more = more;
    const rollout: ArgoRollout = {
      metadata: metadata("web"),
      spec: { replicas: PODS },
      status: { phase, stableRS: "abc", currentPodHash: "abc" },
    };
    const template = { metadata: { labels: { app: "web" } } };
    const deployment: Deployment = {
      metadata: metadata("web"),
      spec: { replicas: 0, selector: { matchLabels: { app: "web" } }, template },
    };
    const set: ReplicaSet = { metadata: metadata("web-abc"), spec: { replicas: PODS, template } };
    const service = (name: string): Service => ({
      metadata: {
        ...metadata(name),
        annotations: { [MANAGED]: "web" },
      },
      spec: { selector: { app: "web", [HASH]: "abc" } },
    });
    const backendRefs = [
      { name: "web", port: 80, weight: 100 },
      { name: "web-canary", port: 80, weight: 0 },
    ];
    const scaler = {
      metadata: metadata("web"),
      spec: { scaleTargetRef: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web" } },
    };
    this.objects.set("rollouts/web", rollout);
    this.objects.set("deployments/web", deployment);
    this.objects.set("replicasets/web-abc", set);
    this.objects.set("services/web", service("web"));
    this.objects.set("services/web-canary", service("web-canary"));
    const route = (name: string, refs: readonly object[]) => ({
      metadata: metadata(name),
      spec: { rules: [{ backendRefs: refs }] },
    });
    this.objects.set("httproutes/web", { kind: "HTTPRoute", ...route("web", backendRefs) });
    this.objects.set("grpcroutes/calls", { kind: "GRPCRoute", ...route("calls", backendRefs) });
    // A route of the user's, which Argo's plugin does not know.
    this.objects.set("httproutes/admin", {
      kind: "HTTPRoute",
      ...route("admin", [{ name: "web", port: 80 }]),
    });
    this.objects.set("horizontalpodautoscalers/web", scaler);
  }

  get<T>(key: string): T | undefined {
    return this.objects.get(key) as T | undefined;
  }

  seen(): ArgoSeen {
    const rollout = this.get<ArgoRollout>("rollouts/web");
    const deployment = this.get<Deployment>("deployments/web") as Deployment;
    const count = deployment.spec.replicas ?? 1;
    const status = {
      observedGeneration: 99,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
    };
    const stable = this.get<ReplicaSet>("replicasets/web-abc");
    const replicas = stable?.spec.replicas ?? 0;
    const routes = this.routes().map((route) => {
      const { generation: observedGeneration = 0 } = route.metadata;
      const accepted = { type: "Accepted", status: "True", observedGeneration } as const;
      const conditions = [accepted, { ...accepted, type: "ResolvedRefs" }];
      return {
        ...route,
        status: { parents: [{ controllerName: "traefik.io/gateway-controller", conditions }] },
      };
    });
    const object = this.get<KubeObject>("horizontalpodautoscalers/web") as KubeObject;
    const { kind } = (object.spec as { scaleTargetRef: { kind: string } }).scaleTargetRef;
    const resource = { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers" };
    return {
      rollout,
      deployment: { ...deployment, status },
      stable: stable && { ...stable, status: { replicas, readyReplicas: replicas } },
      service: this.get("services/web"),
      canaryService: this.get("services/web-canary"),
      routes,
      shifted: ["web", "calls"],
      endpoints: new Map([["web", this.endpoints()]]),
      scalers: [{ resource, object, targetsRollout: kind === "Rollout" }],
      annotations: rollout && { "serin.dev/rollout": "canary" },
      missingTemplates: [],
      ...this.#more,
    };
  }

  routes(): readonly Route[] {
    const found = [...this.objects].filter(([key]) => key.includes("routes/"));
    return found.map(([, object]) => object as Route);
  }

  /** The backends of each route. */
  backends() {
    return this.routes().map(({ spec }) => spec.rules?.[0]?.backendRefs);
  }

  /** The pods behind the Service: those with Argo's hash, and without it the Deployment's too. */
  endpoints(): readonly string[] {
    const isOpen = !(HASH in (this.get<Service>("services/web")?.spec.selector ?? {}));
    const own = this.get<ReplicaSet>("replicasets/web-abc")?.spec.replicas ?? 0;
    const joined = isOpen ? (this.get<Deployment>("deployments/web")?.spec.replicas ?? 0) : 0;
    return Array.from({ length: own + joined }, (_, i) => String(i));
  }

  perform(write: LiveWrite): void {
    const key = `${write.resource.plural}/${write.name}`;
    const object = this.get<KubeObject>(key);
    if (object === undefined) throw new Error(`${key} does not exist`);
    if (write.verb === "delete") return void this.objects.delete(key);
    const operations = structuredClone(write.patch) as Operation[];
    const changed = jsonPatch.applyPatch(structuredClone(object), operations, true).newDocument;
    changed.metadata.resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    changed.metadata.generation = (object.metadata.generation ?? 0) + 1;
    this.objects.set(key, changed);
    this.#clean(key);
  }

  /** Argo's controller takes its hash out of a Service that names no Rollout, and of a frozen Rollout sees only that name. */
  #clean(key: string): void {
    const { metadata: found, spec } = this.get<Service>(key) ?? {};
    if (!key.startsWith("services/") || spec?.selector === undefined) return;
    if (MANAGED in (found?.annotations ?? {})) return;
    const { [HASH]: _hash, ...selector } = spec.selector;
    this.objects.set(key, { ...this.get<Service>(key), spec: { ...spec, selector } } as Service);
  }
}

/** Takes moves until nothing is left to do; the Service has endpoints after every write. */
function run(shop: ArgoShop, wanted: number): readonly string[] {
  const taken: string[] = [];
  for (let i = 0; i < 50; i += 1) {
    const move = nextMove(argoSteps, shop.seen(), { wanted, restMs: 3_600_000 });
    if (move.kind === "done") return taken;
    if (move.kind !== "do" && move.kind !== "undo") throw new Error(JSON.stringify(move));
    taken.push(`${move.kind} ${move.step.name}`);
    for (const write of move.writes) {
      shop.perform(write);
      expect(shop.endpoints(), `endpoints after ${move.step.name}`).to.have.length.at.least(PODS);
    }
  }
  throw new Error("no end");
}

describe("migrate from Argo Rollouts", () => {
  it("takes every step once, in order, and the Service always has all pods", () => {
    const shop = new ArgoShop();
    expect(run(shop, all)).to.deep.equal(argoSteps.map(({ name }) => `do ${name}`));
    expect(shop.get<Deployment>("deployments/web")?.metadata.annotations).to.deep.equal({
      "serin.dev/rollout": "canary",
    });
    expect(shop.get<Route>("httproutes/web")?.spec.rules).to.deep.equal([
      { backendRefs: [{ name: "web", port: 80, weight: 100 }] },
    ]);
    for (const gone of ["rollouts/web", "services/web-canary"])
      expect(shop.objects.has(gone), gone).to.equal(false);
  });

  for (const [what, more, idle] of [
    ["all objects", {}, []],
    ["no autoscaler", { scalers: [] }, ["retarget"]],
    ["no canary Service", { canaryService: undefined }, ["only"]],
    ["no annotations", { annotations: {} }, ["annotate"]],
  ] as const) {
    it(`goes back from every step but the last one, to what it was, with ${what}`, () => {
      const before = new ArgoShop();
      for (let until = 1; until < all; until += 1) {
        const shop = new ArgoShop("Healthy", more);
        run(shop, until);
        const taken = argoSteps.slice(0, until).filter(({ name }) => !idle.some((one) => one === name));
        expect(run(shop, 0)).to.deep.equal(taken.map(({ name }) => `undo ${name}`).toReversed());
        for (const key of ["services/web", "deployments/web", "replicasets/web-abc"])
          expect(shop.get<KubeObject>(key)?.spec, key).to.deep.equal(before.get<KubeObject>(key)?.spec);
        expect(shop.backends()).to.deep.equal(before.backends());
      }
    });
  }

  it("goes on after a kill between the writes of two routes, forwards and backwards", () => {
    const before = new ArgoShop();
    const place = argoSteps.findIndex(({ name }) => name === "only");
    const shop = new ArgoShop();
    const killed = (wanted: number) => {
      const move = nextMove(argoSteps, shop.seen(), { wanted, restMs: 3_600_000 });
      if (move.kind !== "do" && move.kind !== "undo") throw new Error(JSON.stringify(move));
      expect(move.step.name).to.equal("only");
      expect(move.writes).to.have.length(2);
      for (const write of move.writes.slice(0, 1)) shop.perform(write);
    };
    run(shop, place);
    killed(all);
    run(shop, place + 1);
    expect(shop.seen().routes.some((route) => JSON.stringify(route).includes("web-canary"))).to.equal(false);
    killed(0);
    run(shop, 0);
    expect(shop.backends()).to.deep.equal(before.backends());
  });

  it("leaves the user's other route alone on the way forwards where the plugin names no route", () => {
    const shop = new ArgoShop("Healthy", { shifted: [] });
    const before = shop.backends();
    const place = argoSteps.findIndex(({ name }) => name === "only");
    expect(run(shop, place)).to.deep.equal(argoSteps.slice(0, place).map(({ name }) => `do ${name}`));
    expect(shop.backends()).to.deep.equal(before);
  });

  it("names a route that has the preview Service alone, which would lose it", () => {
    const shop = new ArgoShop();
    const backendRefs = [{ name: "web-canary", port: 80 }];
    shop.objects.set("httproutes/preview", {
      kind: "HTTPRoute",
      metadata: metadata("preview"),
      spec: { rules: [{ backendRefs }] },
    });
    expect(() => run(shop, all)).to.throw("route preview sends requests to web-canary alone");
  });

  it("names a route with a rule for the preview Service beside the active one's", () => {
    const shop = new ArgoShop();
    const rules = ["web", "web-canary"].map((name) => ({ backendRefs: [{ name, port: 80 }] }));
    shop.objects.set("httproutes/web", { kind: "HTTPRoute", metadata: metadata("web"), spec: { rules } });
    expect(() => run(shop, all)).to.throw("route web sends requests to web-canary alone");
  });

  it("does not take a Service out of a route that still gives it a weight", () => {
    const shop = new ArgoShop();
    const backendRefs = ["web", "web-canary"].map((name) => ({ name, port: 80, weight: 50 }));
    shop.objects.set("httproutes/web", {
      kind: "HTTPRoute",
      metadata: metadata("web"),
      spec: { rules: [{ backendRefs }] },
    });
    expect(() => run(shop, all)).to.throw("a route still gives the canary Service a weight");
  });

  it("does not start while a rollout is in progress", () => {
    const move = nextMove(argoSteps, new ArgoShop("Progressing").seen(), { wanted: all, restMs: 0 });
    expect(move).to.deep.equal({
      kind: "refuse",
      why: "the Rollout is Progressing: wait until it is Healthy",
    });
  });
});
