import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { checkLabels } from "../../../../rollout/stages/reachable.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isHeld } from "../../../../rollout/workload/hold.ts";
import { no, yes } from "../../../support/ask.ts";
import { aDeployment, aReplicaSet, aRoute, aService, aTemplate, readsOf } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const labelled = (image: string, labels: Record<string, string>): Deployment => {
  const { spec } = aTemplate(image);
  return aDeployment({
    template: { metadata: { labels: { app: "web", ...labels } }, ...(spec && { spec }) },
  });
};
const v1 = labelled("web:1", { version: "v1" });
const v2 = labelled("web:2", { version: "v2" });
const service = (name: string, selector: Record<string, string>, spec: Partial<Service["spec"]> = {}) =>
  aService({ meta: { name }, selector: { app: "web", ...selector }, ...spec });
const stable = {
  ...aReplicaSet(),
  spec: {
    replicas: 5,
    template: {
      ...v1.spec.template,
      metadata: { labels: { app: "web", version: "v1", "pod-template-hash": "web1" } },
    },
  },
};
const reads = (services: readonly Service[], routed: readonly string[] = ["web"]) =>
  readsOf({
    replicaSets: [stable],
    services,
    routes: routed.map((name) => aRoute({ meta: { name }, backends: [{ name, port: 80 }] })),
  });
const told = (services: readonly Service[], routed?: readonly string[]) =>
  yes(v2, v1, reads(services, routed)).warnings.join("\n");
const old = service("web", { version: "v1" });
const fresh = service("web", { version: "v2" });

describe("a Service that selects by a label of one version", () => {
  const refusal =
    "Service web: it selects version=v1, and the new template has version=v2: remove the label from the Service's selector";

  it("is refused if only the old template has the label", () => {
    expect(no(v2, v1, reads([old]))).to.equal(refusal);
    expect(no(v2, v1, reads([old], [])), "without a route").to.equal(refusal);
    expect(no(v2, v1, reads([old, service("all", {})])), "beside another").to.equal(refusal);
    expect(no(labelled("web:2", {}), v1, reads([old]))).to.contain("does not have the label");
  });

  it("is only warned of if no route names it", () => {
    expect(told([service("web", {}), service("web-v1", { version: "v1" })])).to.contain(
      "Service web-v1: it selects version=v1, and the new template has version=v2: after the promotion it has no pod",
    );
  });

  it("is warned of if the new version joins it beside the Service of its route", () => {
    const said = told([service("web", {}), service("public", { version: "v2" })], ["web", "public"]);
    expect(said).to.contain(
      "Service public selects the new version's pods and not the stable version's: canary pods stand behind it before any weight",
    );
    expect(told([service("web", {})])).not.to.contain("selects the new version's pods");
    expect(told([service("web", {}), service("api", { app: "api" })])).not.to.contain("Service api");
  });

  it("leads to native control if only the new template has the label, and says so", () => {
    for (const routed of [["web"], []]) {
      const { object, warnings } = yes(v2, v1, reads([fresh], routed));
      expect(isHeld(object.spec)).to.equal(false);
      expect(warnings.join()).to.equal(
        "native rolling update, no canary: Service web selects only the new template: the stable version gets no request through it",
      );
    }
  });

  it("leads to native control, too, if it sends to a port that only the new template names", () => {
    const on = (name: string) => ({
      containers: [{ name: "app", image: name, ports: [{ name, containerPort: 1 }] }],
    });
    const at = (name: string) =>
      aDeployment({ template: { metadata: { labels: { app: "web" } }, spec: on(name) } });
    const to = (...targets: (string | number)[]) =>
      service("web", {}, { ports: targets.map((targetPort, i) => ({ port: 80 + i, targetPort })) });
    const set = { ...stable, spec: { ...stable.spec, template: at("http").spec.template } };
    const answer = (one: Service) => yes(at("web"), at("http"), { ...reads([one]), replicaSets: [set] });
    expect(answer(to("web")).warnings.join()).to.equal(
      'native rolling update, no canary: Service web sends to targetPort "web", which only the new template has: the stable version gets no request through it',
    );
    // The route sends requests to the first port alone.
    expect(isHeld(answer(to("web", "http")).object.spec)).to.equal(false);
    for (const one of [to("http", "web"), to(8080), to(8080, "web"), to("other")])
      expect(isHeld(answer(one).object.spec)).to.equal(true);
  });

  it("leads to native control, too, if the new template declares the port's number in place of another one", () => {
    const at = (...numbers: number[]) => {
      const ports = numbers.map((containerPort) => ({ containerPort }));
      const spec = { containers: [{ name: "app", image: numbers.join(), ports }] };
      return aDeployment({ template: { metadata: { labels: { app: "web" } }, spec } });
    };
    const answer = (before: Deployment, after: Deployment, targetPort: number | undefined) => {
      const one = service("web", {}, { ports: [{ port: 80, ...(targetPort && { targetPort }) }] });
      const set = { ...stable, spec: { ...stable.spec, template: before.spec.template } };
      return yes(after, before, { ...reads([one]), replicaSets: [set] });
    };
    const why =
      "native rolling update, no canary: Service web sends to targetPort 8090, which only the new template has: the stable version gets no request through it";
    expect(answer(at(8080), at(8090), 8090).warnings.join()).to.equal(why);
    expect(answer(at(8080, 9000), at(8090, 9000), 8090).warnings.join()).to.equal(why);
    expect(isHeld(answer(at(8080), at(80), undefined).object.spec)).to.equal(false);
    // No declaration, or one more, does not say that the stable version does not listen there.
    for (const [before, after, target] of [
      [at(), at(8090), 8090],
      [at(8080), at(8080, 8090), 8090],
      [at(8080), at(8090), 8080],
      [at(8080), at(8090), 7000],
    ] as const)
      expect(isHeld(answer(before, after, target).object.spec)).to.equal(true);
  });

  it("does not matter beside a Service that selects both", () => {
    const { object } = yes(v2, v1, reads([service("web", {}), service("preview", { version: "v2" })]));
    expect(isHeld(object.spec)).to.equal(true);
  });

  it("rolls back a version that another label has left out in flight", () => {
    const snapshot = aRollout({ services: [old] });
    expect(JSON.stringify(checkLabels(snapshot)?.writes)).to.contain("it selects version=v1");
    expect(checkLabels(aRollout())).to.equal(undefined);
  });
});

describe("a headless Service", () => {
  const headless = (name: string) => service(name, {}, { clusterIP: "None" });
  const isolated = (services: readonly Service[], routed?: readonly string[]) => {
    const [effect] = yes(v2, v1, reads(services, routed)).effects;
    return effect?.kind === "isolate" ? effect.services.map(({ metadata }) => metadata.name) : [];
  };

  it("is isolated like any other behind a route, and only there", () => {
    expect(isolated([headless("web")])).to.deep.equal(["web"]);
    expect(isolated([service("web", {}), headless("peers")])).to.deep.equal(["web"]);
    expect(isolated([headless("web")], [])).to.deep.equal([]);
  });

  it("gets a headless canary Service", () => {
    expect(canaryServiceOf(headless("web"), v2, "web2").spec.clusterIP).to.equal("None");
    expect(canaryServiceOf(service("web", {}), v2, "web2").spec).not.to.have.property("clusterIP");
  });

  it("is told beside the Service of the route, once", () => {
    const said = told([service("web", {}), headless("peers"), headless("dns")]);
    expect(said).to.contain(
      "Serin does not isolate Services peers, dns, which also select these pods: canary pods stand behind them before any weight",
    );
    expect(told([service("web", {}), headless("peers")])).to.contain("Service peers, which also selects");
    const asked = service("metrics", {});
    const annotated = {
      ...asked,
      metadata: { ...asked.metadata, annotations: { "serin.dev/isolate": "false" } },
    };
    expect(told([service("web", {}), annotated])).not.to.contain("isolate");
  });
});

describe("a Service with other pods than the Deployment's", () => {
  const strangers: [string, string, string][] = [
    ["StatefulSet", "legacy", "the pods of StatefulSet legacy"],
    ["Pod", "debug", "Pod debug"],
    ["EndpointSlice", "web-vm", "the addresses of EndpointSlice web-vm"],
  ];
  for (const [kind, name, what] of strangers) {
    it(`is refused, and ${kind} ${name} is named`, () => {
      const shared = { ...reads([service("web", {})]), strangers: [{ service: "web", kind, name }] };
      expect(no(v2, v1, shared)).to.equal(
        `Service web: it also selects ${what}, so Serin cannot isolate one version: give it a selector of its own, or annotate it serin.dev/isolate: "false"`,
      );
      const elsewhere = { ...shared, strangers: [{ service: "other", kind, name }] };
      expect(isHeld(yes(v2, v1, elsewhere).object.spec)).to.equal(true);
    });
  }
});
