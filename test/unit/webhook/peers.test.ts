import { expect } from "chai";
import { exceptPeers } from "../../../webhook/peers.ts";
import { readReview } from "../../../webhook/review.ts";
import { aReview } from "../../support/review.ts";

describe("webhook/peers", () => {
  const object = { kind: "Deployment", metadata: { name: "web" }, spec: {} };
  const peers = new Set(["platform"]);
  const admit = exceptPeers(
    () => peers,
    async () => ({ allowed: false, message: "as a person's" }),
  );
  const isAdmitted = async (namespace: string, fieldManager?: string) => {
    const review = readReview(aReview({ object, oldObject: object }), ["Deployment"]);
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
    const options = fieldManager === undefined ? {} : { options: { fieldManager } };
    return (await admit({ ...review, ...options, userInfo: { groups } } as never)).allowed;
  };

  it("lets the writes of another installation pass, and nobody else's", async () => {
    expect(await isAdmitted("platform", "serin")).to.equal(true);
    for (const namespace of ["platform-2", "shop", "serin-system"])
      expect(await isAdmitted(namespace, "serin"), namespace).to.equal(false);
  });

  it("examines a template that the other one changes for a ConfigMap", async () => {
    expect(await isAdmitted("platform", "serin-track")).to.equal(false);
  });

  it("forgets an installation that is gone", async () => {
    peers.clear();
    expect(await isAdmitted("platform", "serin")).to.equal(false);
  });
});
