import { expect } from "chai";
import fc from "fast-check";
import type { Service } from "../../../../kube/core/services.ts";
import { HELD, ISOLATE } from "../../../../rollout/keys.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { isolationPatch, restoreSelector, servicesOf } from "../../../../rollout/traffic/isolation.ts";
import { leanService } from "../../../../rollout/traffic/lean-service.ts";
import { AT_NOON, aDeployment, aService, aTemplate } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";

const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const key = fc.constantFrom(
  APPLIED,
  HELD,
  ISOLATE,
  "serin.dev/other",
  "mesh.io/port",
  "helm.sh/chart",
  "note",
);
const value = fc.oneof(fc.string({ maxLength: 20 }), fc.constant("x".repeat(5_000)), fc.constant("false"));
const service = fc
  .tuple(fc.dictionary(key, value), fc.boolean())
  .map(([annotations, isIsolated]): Service => {
    const plain = aService({
      meta: { annotations, labels: { team: "a" }, managedFields: [{ manager: "m" }] },
    });
    return isIsolated ? (merge(plain, isolationPatch(plain, "uid-web", "web1", AT_NOON)) as Service) : plain;
  });

describe("a lean Service", () => {
  it("leads to the same decisions and writes", () => {
    fc.assert(
      fc.property(service, (whole) => {
        const lean = leanService(whole);
        const canaryOf = (one: Service) => canaryServiceOf(one, aDeployment(), "web2");
        expect(canaryOf(lean)).to.deep.equal(canaryOf(whole));
        expect(servicesOf(aTemplate(), [lean]).length).to.equal(servicesOf(aTemplate(), [whole]).length);
        expect(restoreSelector(lean)).to.deep.equal(restoreSelector(whole));
        expect(isolationPatch(lean, "uid-web", "web1", AT_NOON)).to.deep.equal(
          isolationPatch(whole, "uid-web", "web1", AT_NOON),
        );
        expect(lean.metadata.labels).to.deep.equal(whole.metadata.labels);
      }),
    );
  });

  it("has no annotation that only another program reads, and none that is long, except Serin's", () => {
    const long = "x".repeat(4_097);
    const annotations = { [APPLIED]: "{}", note: long, short: "a", [HELD]: long };
    expect(leanService(aService({ meta: { annotations } })).metadata.annotations).to.deep.equal({
      short: "a",
      [HELD]: long,
    });
  });
});
