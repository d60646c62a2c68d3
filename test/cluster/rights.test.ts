import { expect } from "chai";
import { RARE } from "../rights.ts";
import type { AuditEvent } from "./audit.ts";
import { granted, rightsOf } from "./rights.ts";

const event = (verb: string, objectRef: AuditEvent["objectRef"], decision = "allow"): AuditEvent => ({
  verb,
  requestURI: "/",
  user: { username: "serin" },
  ...(objectRef && { objectRef }),
  annotations: { "authorization.k8s.io/decision": decision },
  requestReceivedTimestamp: "",
});
const one = (...args: Parameters<typeof event>) => {
  const { used, refused } = rightsOf([event(...args)]);
  return [...used, ...[...refused].map((right) => `refused: ${right}`)];
};
const serin = "serin-system";

describe("rights", () => {
  it("are read from deploy/rbac.yaml one by one", () => {
    expect(granted()).to.include.members([
      "patch deployments.apps/status",
      "get secrets serin-certificate in serin-system",
      "list configmaps in serin-system",
      "patch mutatingwebhookconfigurations.admissionregistration.k8s.io serin",
    ]);
    expect(granted()).to.have.length(new Set(granted()).size);
    expect(granted()).to.include.members(Object.keys(RARE));
  });

  it("are found from requests: the narrowest right that allows each", () => {
    const secret = { resource: "secrets", namespace: serin, name: "serin-certificate" };
    expect(one("get", secret)).to.deep.equal(["get secrets serin-certificate in serin-system"]);
    expect(one("get", { ...secret, name: "other" })).to.deep.equal([
      "refused: get secrets other in serin-system",
    ]);
    expect(one("get", { ...secret, namespace: "shop" })).to.deep.equal([
      "refused: get secrets serin-certificate in shop",
    ]);
    const scale = {
      resource: "replicasets",
      subresource: "scale",
      apiGroup: "apps",
      namespace: "shop",
      name: "web",
    };
    expect(one("patch", scale)).to.deep.equal(["patch replicasets.apps/scale"]);
    expect(one("patch", scale, "forbid")).to.deep.equal([
      "refused: patch replicasets.apps/scale web in shop",
    ]);
    expect(one("delete", { ...scale, subresource: "" })).to.have.length(1);
  });

  it("do not include discovery", () => expect(one("get", undefined)).to.deep.equal([]));
});
