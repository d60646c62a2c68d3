import { expect } from "chai";
import {
  findByHash,
  findByTemplate,
  hashOf,
  onlyTemplate,
  presentOf,
  sameTemplate,
} from "../../../../rollout/workload/template.ts";
import { AT_NOON, aDeployment, aReplicaSet, aTemplate } from "../../../support/builders.ts";

describe("template", () => {
  it("knows a Deployment's template in its ReplicaSet", () => {
    const set = aReplicaSet({ hash: "abc" });
    expect(sameTemplate(set.spec.template, aTemplate())).to.equal(true);
    expect(onlyTemplate(set)).to.deep.equal(aTemplate());
    expect(hashOf(set)).to.equal("abc");
  });

  it("compares two templates once, however often it is asked", () => {
    let reads = 0;
    const counted = Object.defineProperty(aTemplate(), "spec", {
      enumerable: true,
      get: () => {
        reads += 1;
        return aTemplate().spec;
      },
    });
    const [same, other] = [aReplicaSet().spec.template, aTemplate("web:2")];
    const ask = () => [sameTemplate(counted, same), sameTemplate(counted, other)];
    expect(ask()).to.deep.equal([true, false]);
    const before = reads;
    expect(ask()).to.deep.equal([true, false]);
    expect([before > 0, reads]).to.deep.equal([true, before]);
  });

  it("finds the ReplicaSet of a version, by template and not by hash", () => {
    const sets = [aReplicaSet(), aReplicaSet({ image: "web:2", hash: "collided" })];
    expect(findByTemplate(sets, aTemplate("web:2"))).to.equal(sets[1]);
    expect(findByTemplate(sets, aTemplate("web:3"))).to.equal(undefined);
  });

  it("finds the oldest of several ReplicaSets with one template, as native control does", () => {
    const at = (hash: string, creationTimestamp: string) =>
      aReplicaSet({ hash, meta: { creationTimestamp } });
    const [late, second, first] = [
      at("a", "2026-01-01T12:00:01Z"),
      at("c", "2026-01-01T12:00:00Z"),
      at("b", "2026-01-01T12:00:00Z"),
    ];
    expect(findByTemplate([late, second, first], aTemplate())).to.equal(first);
  });

  it("takes the only version with pods for the present one where native control does, in whatever form", () => {
    const status = { observedGeneration: 1, replicas: 5, updatedReplicas: 5 };
    const deployment = { ...aDeployment({ image: "web:other-form" }), status };
    const [only, empty] = [aReplicaSet(), aReplicaSet({ image: "web:0", replicas: 0 })];
    expect(presentOf(deployment, [empty, only])).to.equal(only);
    expect(presentOf({ ...deployment, status: { ...status, updatedReplicas: 0 } }, [only])).to.equal(
      undefined,
    );
    expect(presentOf({ ...deployment, status: { ...status, observedGeneration: 0 } }, [only])).to.equal(
      undefined,
    );
    expect(presentOf(deployment, [only, aReplicaSet({ image: "web:2", replicas: 1 })])).to.equal(undefined);
    const matched = aReplicaSet({ image: "web:other-form", replicas: 0 });
    expect(presentOf(deployment, [only, matched])).to.equal(matched);
  });

  it("does not count a ReplicaSet that is being deleted as the stable version", () => {
    const going = aReplicaSet({
      meta: { labels: { "pod-template-hash": "web1" }, deletionTimestamp: AT_NOON },
    });
    expect(findByHash([going], "web1")).to.equal(undefined);
    expect(findByHash([going, aReplicaSet()], "web1")).to.deep.equal(aReplicaSet());
  });

  it("does not care about the order of keys, but about that of containers", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];
    expect(sameTemplate({ spec: { x: 1, y: 2 } }, { spec: { y: 2, x: 1 } })).to.equal(true);
    expect(sameTemplate({ spec: { containers: [a, b] } }, { spec: { containers: [b, a] } })).to.equal(false);
  });
});
