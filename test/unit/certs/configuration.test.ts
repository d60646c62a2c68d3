import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { groupOf, reaches } from "../../../certs/configuration.ts";
import { issueAuthority, issueLeaf } from "../../../certs/issue.ts";

describe("certs/configuration", () => {
  it("leads to a replica only with its authority, its Service, a path that it knows, and its group in every webhook", async () => {
    const life = { now: Date.now(), lifeMs: 3_600_000 };
    const ca = await issueAuthority(life);
    const leaf = new X509Certificate((await issueLeaf(ca, ["serin.platform.svc"], life)).cert);
    const other = await issueAuthority(life);
    const home = { namespace: "platform", service: "serin" };
    const webhook = ({
      cert = ca.cert,
      path = "/admit/services",
      namespace = "platform",
      name = "not-serin",
      service = { namespace: "platform", name: "serin" },
    } = {}) => ({
      name: "a",
      clientConfig: { caBundle: Buffer.from(cert).toString("base64"), service: { ...service, path } },
      matchConditions: [{ name, expression: `!("${groupOf(namespace)}" in request.userInfo.groups)` }],
    });
    const isReached = (...webhooks: ReturnType<typeof webhook>[]) =>
      reaches({ metadata: { name: "serin" }, webhooks }, [leaf], home);
    expect(isReached(webhook(), webhook())).to.equal(true);
    expect(isReached()).to.equal(false);
    for (const wrong of [
      { cert: other.cert },
      { path: "/elsewhere" },
      { namespace: "serin-system" },
      // A longer name begins with this one.
      { namespace: "platform-2" },
      { name: "a-users-condition" },
      { service: { namespace: "serin-system", name: "serin" } },
      { service: { namespace: "platform", name: "acme-serin" } },
    ])
      expect(isReached(webhook(), webhook(wrong)), JSON.stringify(wrong)).to.equal(false);
  });
});
