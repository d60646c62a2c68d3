import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { reisolate } from "../../../../rollout/traffic/isolation.ts";
import { serviceRecordOf } from "../../../../rollout/traffic/service-record.ts";
import { portWarnings } from "../../../../rollout/traffic/target-ports.ts";
import {
  writeIsolation,
  writeSelector,
  writeStableSelector,
  writeTurn,
} from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, aDeployment, aService } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";

const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const port = (targetPort: number | string, more = {}) => ({
  port: 80,
  protocol: "TCP",
  targetPort,
  ...more,
});
const isolated = (ports = [port(8080)]) => {
  const service = aService({ ports });
  return merged(service, writeIsolation(service, "uid-web", "web1", AT_NOON));
};
/** A whole manifest, as a server-side apply or a replace sends it. */
const manifest = (ports: ReturnType<typeof port>[]) => aService({ ports });
/** What a client-side apply sends: the stored object with the changed fields and the manifest in an annotation. */
const applied = (old: Service, ports: ReturnType<typeof port>[]): Service => ({
  ...old,
  metadata: {
    ...old.metadata,
    annotations: { ...old.metadata.annotations, [APPLIED]: JSON.stringify({ spec: { ports } }) },
  },
  spec: { ...old.spec, ports },
});

describe("another targetPort in flight", () => {
  const inFlight = reisolate(manifest([port(8090)]), isolated());

  it("waits in the record while the Service selects the stable version", () => {
    expect(inFlight.spec.ports).to.deep.equal([port(8080)]);
    expect(serviceRecordOf(inFlight)?.ports).to.deep.equal({ "80/TCP": { targetPort: 8090 } });
    expect(inFlight.spec.selector).to.include({ "pod-template-hash": "web1" });
  });

  it("is told", () => {
    expect(portWarnings(inFlight)).to.deep.equal([
      "Service web keeps targetPort 8080 of port 80 for the stable version until the promotion; the canary has targetPort 8090 now",
    ]);
    expect(portWarnings(isolated())).to.deep.equal([]);
  });

  it("reaches the canary through its own Service at once", () => {
    expect(canaryServiceOf(inFlight, aDeployment(), "web2").spec.ports).to.deep.equal([port(8090)]);
  });

  it("comes into force together with the pods of the proven version", () => {
    const turned = merged(inFlight, writeTurn(inFlight, "uid-web", "web2", AT_NOON));
    expect(turned.spec.ports).to.deep.equal([port(8090)]);
    expect(turned.spec.selector).to.deep.equal({ app: "web", "pod-template-hash": "web2" });
    const restored = merged(turned, writeSelector(turned));
    expect(restored.spec).to.deep.equal(aService({ ports: [port(8090)] }).spec);
  });

  it("is in force after a promotion, and never after an undo", () => {
    expect(merged(inFlight, writeSelector(inFlight)).spec.ports).to.deep.equal([port(8090)]);
    expect(merged(inFlight, writeStableSelector(inFlight)).spec.ports).to.deep.equal([port(8080)]);
  });

  const h2c = { appProtocol: "kubernetes.io/h2c" };
  const requests: [string, Service, Service, object | undefined][] = [
    ["a client-side apply", applied(isolated(), [port(8090)]), isolated(), { targetPort: 8090 }],
    ["another protocol", manifest([port(8080, h2c)]), isolated(), { targetPort: 8080, ...h2c }],
    ["a port by name", manifest([port("web")]), isolated([port("http")]), { targetPort: "web" }],
    ["another apply of the same", applied(inFlight, [port(8090)]), inFlight, { targetPort: 8090 }],
    [
      "an edit of a label",
      { ...inFlight, metadata: { ...inFlight.metadata, labels: { a: "b" } } },
      inFlight,
      { targetPort: 8090 },
    ],
    ["another new port", manifest([port(8091)]), inFlight, { targetPort: 8091 }],
    ["the old manifest, replaced", manifest([port(8080)]), inFlight, undefined],
    ["the old manifest, applied", applied(inFlight, [port(8080)]), inFlight, undefined],
  ];
  for (const [what, requested, old, wish] of requests) {
    it(`keeps the stable version's way and the wish of ${what}, also when asked again`, () => {
      const answer = reisolate(requested, old);
      expect(answer.spec.ports).to.deep.equal(old.spec.ports);
      expect(serviceRecordOf(answer)?.ports?.["80/TCP"]).to.deep.equal(wish);
      expect(reisolate(answer, old)).to.deep.equal(answer);
    });
  }

  const moved = (more: object) => ({ ...port(8090, more), port: 8080 });
  const kept = (more: object) => ({ ...port(8080, more), port: 8080 });
  const numbered: [string, Service, ReturnType<typeof port>[]][] = [
    ["the only port", isolated(), [kept({})]],
    ["a port that gets a name", isolated(), [kept({ name: "http" })]],
    ["a port by its name", isolated([port(8080, { name: "http" })]), [kept({ name: "http" })]],
    ["a port with a wish", inFlight, [kept({})]],
  ];
  for (const [what, old, expected] of numbered) {
    it(`keeps the stable version's way through another number of ${what}, also when asked again`, () => {
      const [one = kept({})] = expected;
      const answer = reisolate(manifest([{ ...one, targetPort: 8090 }]), old);
      expect(answer.spec.ports).to.deep.equal(expected);
      expect(serviceRecordOf(answer)?.ports).to.deep.equal({ "8080/TCP": { targetPort: 8090 } });
      expect(canaryServiceOf(answer, aDeployment(), "web2").spec.ports).to.deep.equal([
        { ...one, targetPort: 8090 },
      ]);
      expect(reisolate(answer, old)).to.deep.equal(answer);
    });
  }

  it("takes a port of another name and number for a new one", () => {
    const old = isolated([port(8080, { name: "http" })]);
    expect(reisolate(manifest([moved({ name: "grpc" })]), old).spec.ports).to.deep.equal([
      moved({ name: "grpc" }),
    ]);
  });

  it("leaves names and new ports as requested", () => {
    const wanted = [port(8080, { name: "http" }), { ...port(9090), port: 9090, name: "metrics" }];
    expect(reisolate(manifest(wanted), isolated()).spec.ports).to.deep.equal(wanted);
  });
});
