import { expect } from "chai";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { isDispensable } from "../../../webhook/dispensable.ts";
import type { AdmissionRequest } from "../../../webhook/review.ts";
import { aDeployment } from "../../support/builders.ts";
import { aReview } from "../../support/review.ts";

describe("webhook/dispensable", () => {
  const held = { "serin.dev/held": "{}" };
  const next = aDeployment({ image: "web:2" });
  const rows: [string, Deployment, Deployment | null, number, boolean, string?][] = [
    ["a creation", next, null, 5_000, true],
    ["an update of a plan", aDeployment({ replicas: 2 }), aDeployment(), 5_000, true],
    [
      "an update of a plan, for a webhook that waits",
      aDeployment({ replicas: 2 }),
      aDeployment(),
      5_001,
      false,
    ],
    ["another version", next, aDeployment(), 5_000, false],
    ["another version in kube-system", next, aDeployment(), 5_000, true, "kube-system"],
    ["another version in flight", next, aDeployment({ annotations: held }), 1_000, false],
    ["an undo", aDeployment(), aDeployment({ image: "web:2", annotations: held }), 1_000, false],
  ];
  for (const [what, object, oldObject, timeoutMs, expected, namespace = "shop"] of rows) {
    it(`takes ${what} for one that the API server ${expected ? "lets pass" : "refuses"} without an answer`, () => {
      const { request } = aReview({ object, oldObject, namespace, timeoutMs });
      expect(isDispensable(request as unknown as AdmissionRequest<Deployment>)).to.equal(expected);
    });
  }

  it("takes another version without the opt-in for one of those as well", () => {
    const { "serin.dev/rollout": _out, ...annotations } = next.metadata.annotations ?? {};
    const object = { ...next, metadata: { ...next.metadata, annotations } };
    const { request } = aReview({ object, oldObject: aDeployment(), timeoutMs: 5_000 });
    expect(isDispensable(request as unknown as AdmissionRequest<Deployment>)).to.equal(true);
  });
});
