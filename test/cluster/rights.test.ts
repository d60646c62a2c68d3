import { expect } from "chai";
import { RARE } from "../rights.ts";
import { type AuditEvent, accounts } from "./audit.ts";
import { granted, rightsOf } from "./rights.ts";

const event = (
  program: keyof typeof accounts,
  verb: string,
  objectRef: AuditEvent["objectRef"],
  decision = "allow",
): AuditEvent => ({
  verb,
  requestURI: "/",
  user: { username: accounts[program] },
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
      "controller: patch deployments.apps/status",
      "webhook: get secrets serin-certificate in serin-system",
      "webhook: list configmaps in serin-system",
      "webhook: patch mutatingwebhookconfigurations.admissionregistration.k8s.io serin",
    ]);
    expect(granted()).to.have.length(new Set(granted()).size);
    expect(granted()).to.include.members(Object.keys(RARE));
  });

  it("are found from requests: the narrowest right that allows each", () => {
    const secret = { resource: "secrets", namespace: serin, name: "serin-certificate" };
    expect(one("webhook", "get", secret)).to.deep.equal([
      "webhook: get secrets serin-certificate in serin-system",
    ]);
    expect(one("webhook", "get", { ...secret, name: "other" })).to.deep.equal([
      "refused: webhook: get secrets other in serin-system",
    ]);
    expect(one("webhook", "get", { ...secret, namespace: "shop" })).to.deep.equal([
      "refused: webhook: get secrets serin-certificate in shop",
    ]);
    const scale = {
      resource: "replicasets",
      subresource: "scale",
      apiGroup: "apps",
      namespace: "shop",
      name: "web",
    };
    expect(one("controller", "patch", scale)).to.deep.equal(["controller: patch replicasets.apps/scale"]);
    expect(one("controller", "patch", scale, "forbid")).to.deep.equal([
      "refused: controller: patch replicasets.apps/scale web in shop",
    ]);
    expect(one("controller", "delete", { ...scale, subresource: "" })).to.have.length(1);
  });

  it("of the one program are not rights of the other", () => {
    const lease = { resource: "leases", apiGroup: "coordination.k8s.io", namespace: serin, name: "serin" };
    expect(one("controller", "patch", lease)).to.deep.equal([
      "controller: patch leases.coordination.k8s.io serin in serin-system",
    ]);
    expect(one("webhook", "patch", lease)).to.deep.equal([
      "refused: webhook: patch leases.coordination.k8s.io serin in serin-system",
    ]);
  });

  it("do not include discovery", () => expect(one("webhook", "get", undefined)).to.deep.equal([]));
});
