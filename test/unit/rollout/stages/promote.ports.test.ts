import { expect } from "chai";
import type { Service } from "../../../../kube/core/services.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { reisolate } from "../../../../rollout/traffic/isolation.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, aDeployment, aHeld, aReplicaSet, aService } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";

const to = (targetPort: number) => aService({ ports: [{ port: 80, protocol: "TCP", targetPort }] });
const inFlight = reisolate(to(8090), merged(to(8080), writeIsolation(to(8080), "uid-web", "web1", AT_NOON)));
const proven = { outcome: "proven" } as const;
const onServices = (writes: readonly Write[]) =>
  writes.filter((write) => "kind" in write && write.kind === "services");
const after = (service: Service, writes: readonly Write[]): Service => {
  const [write] = onServices(writes);
  return write === undefined ? service : merged(service, write);
};
const status = (updated: number) => ({
  observedGeneration: 1,
  replicas: 5,
  updatedReplicas: updated,
  availableReplicas: 5,
});

describe("the way back from a version with another targetPort that is being promoted", () => {
  const turned = after(inFlight, decide(aRollout({ services: [inFlight], run: proven })).writes);
  /** `kubectl rollout undo`, when so many pods of both versions are ready. */
  const undone = (service: Service, stableReady: number, newReady: number) => {
    const replicaSets = aRollout({ run: proven }).replicaSets.map((set, i) => ({
      ...set,
      status: { replicas: 5, readyReplicas: [stableReady, newReady][i] ?? 0 },
    }));
    const held = aHeld({ phase: "undone" });
    const snapshot = aRollout({ services: [service], run: proven, held, replicaSets });
    return decide({ ...snapshot, deployment: { ...snapshot.deployment, status: status(stableReady) } });
  };

  it("turns the Service back to the port of the stable pods, once as many of them are ready", () => {
    expect(onServices(undone(turned, 2, 3).writes)).to.deep.equal([]);
    const back = after(turned, undone(turned, 3, 3).writes);
    expect(back.spec.selector).to.deep.equal({ app: "web", "pod-template-hash": "web1" });
    expect(back.spec.ports).to.deep.equal(to(8080).spec.ports);
    expect(onServices(undone(back, 4, 2).writes)).to.deep.equal([]);
  });

  it("turns it to the port that the user has written since, as helm rollback does", () => {
    const back = after(turned, undone(reisolate(to(9090), turned), 3, 0).writes);
    expect(back.spec.ports).to.deep.equal(to(9090).spec.ports);
  });

  it("knows the first port after the user has changed it twice", () => {
    const again = reisolate(to(8091), turned);
    const twice = after(again, decide(aRollout({ services: [again], run: proven })).writes);
    expect(twice.spec.ports).to.deep.equal(to(8091).spec.ports);
    const back = after(twice, undone(twice, 3, 0).writes);
    expect(back.spec.ports).to.deep.equal(to(8080).spec.ports);
  });
});

describe("the promotion of a version with another targetPort", () => {
  const turned = after(inFlight, decide(aRollout({ services: [inFlight], run: proven })).writes);
  const promoting = (service: Service, updated: number) => {
    const promoted = [aReplicaSet({ replicas: 5 - updated }), aReplicaSet({ image: "web:2" })];
    const snapshot = aRollout({ services: [service], run: proven, held: aHeld({ phase: "promoting" }) });
    const deployment = { ...snapshot.deployment, status: status(updated) };
    return decide({ ...snapshot, deployment, stable: promoted[0] });
  };

  it("first turns the Service to the proven pods, with their port", () => {
    expect(turned.spec.selector).to.deep.equal({ app: "web", "pod-template-hash": "web2" });
    expect(turned.spec.ports).to.deep.equal(to(8090).spec.ports);
  });

  it("goes on with the Service as it is, and restores it when no other pod is left", () => {
    const next = decide(aRollout({ services: [turned], run: proven }));
    expect(next.writes).not.to.deep.equal([]);
    expect(onServices(next.writes)).to.deep.equal([]);
    expect(onServices(promoting(turned, 3).writes)).to.deep.equal([]);
    expect(after(turned, promoting(turned, 5).writes).spec).to.deep.equal(to(8090).spec);
  });

  it("leaves the Service with the stable version until the first pod of a version promoted by order is ready", () => {
    const parts = { services: [inFlight], run: proven };
    const [stable = aReplicaSet(), fresh = aReplicaSet()] = aRollout(parts).replicaSets;
    const version = (readyReplicas: number) => {
      const canary = { ...fresh, status: { replicas: 1, readyReplicas } };
      return aRollout({ ...parts, canary, replicaSets: [stable, canary] });
    };
    const waits = decide(version(0));
    expect(onServices(waits.writes)).to.deep.equal([]);
    expect(waits.writes, "the promotion goes on").not.to.deep.equal([]);
    expect(after(inFlight, decide(version(1)).writes)).to.deep.equal(turned);
  });

  it("does not come after an undo: the stable version gets the Service with its own port", () => {
    const deployment = { ...aDeployment(), status: status(5) };
    const undone = aRollout({
      deployment,
      services: [inFlight],
      routes: [],
      held: aHeld({ phase: "undone" }),
      canary: aReplicaSet(),
    });
    expect(after(inFlight, decide(undone).writes).spec).to.deep.equal(to(8080).spec);
  });
});
