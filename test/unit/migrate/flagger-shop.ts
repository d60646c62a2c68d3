import jsonPatch, { type Operation } from "fast-json-patch";
import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import type { Annotations } from "../../../migrate/accepted.ts";
import type { Canary, FlaggerSeen } from "../../../migrate/live/flagger/seen.ts";
import type { LiveWrite } from "../../../migrate/live/step.ts";

const PODS = 3;
const rules = [{ backendRefs: [{ name: "web", port: 80 }] }];
const owner = {
  apiVersion: "flagger.app/v1beta1",
  kind: "Canary",
  name: "web",
  uid: "canary",
  controller: true,
};

function workload(name: string, replicas: number, rest: object = {}): Deployment {
  const labels = { app: name };
  return {
    metadata: { name, namespace: "shop", uid: name, resourceVersion: "1", generation: 1, ...rest },
    spec: {
      replicas,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "app:v1" }] } },
    },
  };
}

function service(name: string, selector: string): Service {
  return {
    kind: "Service",
    metadata: {
      name,
      namespace: "shop",
      uid: name,
      resourceVersion: "1",
      ownerReferences: [owner],
      annotations: { "helm.toolkit.fluxcd.io/driftDetection": "disabled", team: "a" },
    },
    spec: { selector: { app: selector }, ports: [{ port: 80 }] },
  };
}

/** The objects of an application as Flagger leaves them at rest, which answer to writes at once. */
export class FlaggerShop {
  readonly objects = new Map<string, KubeObject>();
  readonly #rules = rules;
  readonly #annotations: Annotations;

  constructor(
    phase = "Succeeded",
    canarySpec: Canary["spec"] = {},
    annotations: Annotations = { "serin.dev/rollout": "canary" },
  ) {
    this.#annotations = annotations;
    const canary: Canary = {
      metadata: {
        name: "web",
        namespace: "shop",
        uid: "canary",
        resourceVersion: "1",
        annotations: { team: "a" },
      },
      spec: { ...canarySpec },
      status: { phase },
    };
    const route: Route = {
      kind: "HTTPRoute",
      metadata: {
        name: "web",
        namespace: "shop",
        uid: "route",
        resourceVersion: "1",
        generation: 1,
        ownerReferences: [owner],
        annotations: { "kustomize.toolkit.fluxcd.io/reconcile": "disabled", team: "a" },
      },
      spec: {
        parentRefs: [{ name: "gw" }],
        rules: [
          {
            backendRefs: [
              { name: "web-primary", port: 80, weight: 100 },
              { name: "web-canary", port: 80, weight: 0 },
            ],
          },
        ],
      },
    };
    this.#put("canaries", canary);
    this.#put("deployments", workload("web", 0));
    this.#put("deployments", workload("web-primary", PODS, { ownerReferences: [owner] }));
    this.#put("services", service("web", "web-primary"));
    this.#put("services", service("web-primary", "web-primary"));
    this.#put("services", service("web-canary", "web"));
    this.#put("httproutes", route);
  }

  /** What the steps see. */
  seen(): FlaggerSeen {
    const canary = this.#get<Canary>("canaries/web");
    const services = ["web", "web-primary", "web-canary"];
    return {
      canary,
      deployment: this.#running("web") as Deployment,
      primary: this.#running("web-primary"),
      service: this.#get("services/web"),
      primaryService: this.#get("services/web-primary"),
      canaryService: this.#get("services/web-canary"),
      route: this.#answered(),
      endpoints: new Map(services.map((name) => [name, this.endpoints(name)])),
      copies: [],
      converted: canary && {
        annotations: this.#annotations,
        rules: this.#rules,
        progressDeadlineSeconds: 60,
      },
      missingTemplates: [],
    };
  }

  /** Does what the API server and the native controllers do. */
  perform(write: LiveWrite): void {
    const key = keyOf(write.resource, write.name);
    const object = this.#get<KubeObject>(key);
    if (object === undefined) throw new Error(`${key} does not exist`);
    if (write.verb === "delete") {
      this.objects.delete(key);
      if (!write.orphan) return;
      for (const one of this.objects.values()) delete one.metadata.ownerReferences;
      return;
    }
    const changed = jsonPatch.applyPatch(
      structuredClone(object),
      structuredClone(write.patch) as Operation[],
      true,
    ).newDocument;
    changed.metadata.resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
    changed.metadata.generation = (object.metadata.generation ?? 0) + 1;
    this.objects.set(key, changed);
  }

  /** The addresses behind a Service. */
  endpoints(name: string): readonly string[] {
    const app = this.#get<Service>(`services/${name}`)?.spec.selector?.app ?? "";
    const replicas = this.#get<Deployment>(`deployments/${app}`)?.spec.replicas ?? 0;
    return Array.from({ length: replicas }, (_, i) => `${app}-${i}`);
  }

  #put(plural: string, object: KubeObject): void {
    this.objects.set(`${plural}/${object.metadata.name}`, object);
  }

  #get<T extends KubeObject>(key: string): T | undefined {
    return this.objects.get(key) as T | undefined;
  }

  #running(name: string): Deployment | undefined {
    const found = this.#get<Deployment>(`deployments/${name}`);
    if (found === undefined) return undefined;
    const count = found.spec.replicas ?? 1;
    const { generation = 0 } = found.metadata;
    const status = {
      observedGeneration: generation,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
    };
    return { ...found, status };
  }

  #answered(): Route | undefined {
    const found = this.#get<Route>("httproutes/web");
    if (found === undefined) return undefined;
    const { generation = 0 } = found.metadata;
    const conditions = (["Accepted", "ResolvedRefs"] as const).map((type) => ({
      type,
      status: "True" as const,
      observedGeneration: generation,
    }));
    return {
      ...found,
      status: {
        parents: [{ controllerName: "traefik.io/gateway-controller", parentRef: { name: "gw" }, conditions }],
      },
    };
  }
}

function keyOf({ plural }: Resource, name: string): string {
  return `${plural}/${name}`;
}
