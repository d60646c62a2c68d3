import { expect } from "chai";
import fc from "fast-check";
import type { Service } from "../../../../kube/core/services.ts";
import {
  canaryServiceName,
  canaryServiceOf,
  isCanaryService,
} from "../../../../rollout/traffic/canary-service.ts";
import {
  isIsolatedTo,
  reisolate,
  servicesOf,
  sharers,
  unlessRedirected,
} from "../../../../rollout/traffic/isolation.ts";
import { selectorOf, serviceRecordOf } from "../../../../rollout/traffic/service-record.ts";
import { writeIsolation, writeSelector } from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, aDeployment, aReplicaSet, aService, aTemplate } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";

const isolated = (service = aService(), hash = "abc") =>
  merged(service, writeIsolation(service, "uid-web", hash, AT_NOON));
const restored = (service: Service) => merged(service, writeSelector(service));

describe("isolation", () => {
  const found: [string, Service, boolean][] = [
    ["selects the pods", aService(), true],
    ["is isolated already", isolated(), true],
    [
      "selects by a label that the pods do not have",
      aService({ selector: { app: "web", tier: "x" } }),
      false,
    ],
    ["has an empty selector", aService({ selector: {} }), false],
    ["is headless", aService({ clusterIP: "None" }), true],
    ["is an external name", aService({ type: "ExternalName" }), false],
    ["is opted out", aService({ meta: { annotations: { "serin.dev/isolate": "false" } } }), false],
    ["is a canary Service", canaryServiceOf(aService(), aDeployment(), "abc"), false],
  ];
  for (const [what, service, expected] of found) {
    it(`a Service that ${what} is ${expected ? "" : "not "}one to isolate`, () =>
      expect(servicesOf(aTemplate(), [service])).to.have.length(expected ? 1 : 0));
  }

  it("distinguishes a canary Service from a user's Service that the Deployment owns", () => {
    const [owner] = canaryServiceOf(aService(), aDeployment(), "abc").metadata.ownerReferences ?? [];
    const owned = isolated(aService({ meta: { ownerReferences: owner ? [owner] : [] } }));
    expect(isCanaryService(owned)).to.equal(false);
    expect(isCanaryService(canaryServiceOf(owned, aDeployment(), "abc"))).to.equal(true);
  });

  it("isolates to one ReplicaSet and restores the Service exactly", () => {
    const labels = { team: "a" };
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("app", "tier", "x/y"), fc.string(), { minKeys: 1 }),
        fc.boolean(),
        fc.uniqueArray(fc.constantFrom("abc", "def"), { minLength: 1 }),
        (selector, bare, hashes) => {
          const service = aService({
            selector,
            meta: bare ? { labels: {}, annotations: {} } : { labels, annotations: { x: "1" } },
          });
          const inFlight = hashes.reduce(isolated, service);
          expect(isIsolatedTo(inFlight, hashes.at(-1) ?? "")).to.equal(true);
          expect(selectorOf(inFlight)).to.deep.equal(selector);
          expect(restored(inFlight)).to.deep.equal(service);
        },
      ),
    );
  });

  const rewritten: [string, Service, Record<string, string>][] = [
    ["the same manifest", aService(), { app: "web" }],
    [
      "an edit of a port",
      { ...isolated(), spec: { ...isolated().spec, ports: [{ port: 80, name: "http" }] } },
      { app: "web" },
    ],
    [
      "another selector",
      aService({ selector: { app: "web", tier: "front" } }),
      { app: "web", tier: "front" },
    ],
    [
      "an edit of the isolated selector",
      aService({ selector: { app: "web", tier: "front", "pod-template-hash": "abc" } }),
      { app: "web", tier: "front" },
    ],
  ];
  for (const [what, requested, wanted] of rewritten) {
    it(`${what} in flight stays isolated, and the user gets it back`, () => {
      const stored = reisolate(requested, isolated());
      expect(stored.spec.selector).to.deep.equal({ ...wanted, "pod-template-hash": "abc" });
      expect(stored.spec.ports).to.deep.equal(requested.spec.ports);
      expect(serviceRecordOf(stored)).to.deep.equal({ selector: wanted, since: AT_NOON });
      expect(reisolate(stored, isolated()), "called again").to.deep.equal(stored);
      expect(restored(stored).spec.selector).to.deep.equal(wanted);
    });
  }

  it("that a user points at other pods in flight leaves the rollout", () => {
    const sets = [aReplicaSet({ hash: "abc" })];
    const redirected = reisolate(aService({ selector: { app: "other" } }), isolated());
    const freed = unlessRedirected(redirected, sets);
    expect(freed.spec.selector).to.deep.equal({ app: "other" });
    expect(serviceRecordOf(freed)).to.equal(undefined);
    expect(freed.metadata.labels).not.to.have.property("serin.dev/flight");
    expect(unlessRedirected(reisolate(freed, isolated()), sets), "called again").to.deep.equal(freed);
    const kept = reisolate(isolated(), isolated());
    expect(unlessRedirected(kept, sets)).to.equal(kept);
    expect(unlessRedirected(redirected, []), "of an unknown version").to.equal(redirected);
  });

  it("leaves a Service that is not in flight as requested", () => {
    const requested = aService({ selector: { app: "other" } });
    expect(reisolate(requested, aService())).to.equal(requested);
  });

  it("names the other Deployments behind a Service, not itself, not idle ones", () => {
    const other = (name: string, replicas: number) =>
      aDeployment({ meta: { name }, replicas, template: aTemplate("api:1", "web") });
    const all = [aDeployment(), other("api", 1), other("idle", 0), aDeployment({ meta: { name: "x" } })];
    expect(sharers(isolated(), aDeployment(), all).map(({ metadata }) => metadata.name)).to.deep.equal([
      "api",
    ]);
  });

  it("names canary Services as the API allows", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/), (name) => {
        expect(canaryServiceName(name)).to.match(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
      }),
    );
  });

  it("gives canary Services of long names that begin alike different names", () => {
    const [a, b] = ["a", "b"].map((end) => canaryServiceName(`${"x".repeat(62)}${end}`));
    expect(a).to.have.length(63).and.not.equal(b);
    expect(canaryServiceName("web")).to.equal("web-canary");
  });
});
