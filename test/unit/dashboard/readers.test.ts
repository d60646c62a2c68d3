import { expect } from "chai";
import { identifiedBy } from "../../../dashboard/readers.ts";

const behindProxy = {
  userHeader: "x-forwarded-user",
  groupsHeader: "x-forwarded-groups",
  trusted: ["10.8.0.0/16", "fd00::/8"],
};
const asked = (address: string, headers: Record<string, string | string[]> = {}) => ({ address, headers });

describe("the readers of the dashboard", () => {
  it("need no name unless a proxy sends one, and then a header of theirs means nothing", () => {
    const identify = identifiedBy({ trusted: [] });
    expect(identify(asked("10.8.0.1", { "x-forwarded-user": "admin" }))).to.deep.equal({ reader: undefined });
  });

  it("are those whom the proxy names, with their groups and that of every user", () => {
    const identify = identifiedBy(behindProxy);
    const headers = { "x-forwarded-user": "jane", "x-forwarded-groups": "dev, ops,,dev" };
    const reader = { user: "jane", groups: ["dev", "ops", "system:authenticated"] };
    for (const address of ["10.8.3.4", "::ffff:10.8.3.4", "fd12::1"])
      expect(identify(asked(address, headers)), address).to.deep.equal({ reader });
    expect(identify(asked("10.8.3.4", { "x-forwarded-user": "jane" }))).to.deep.equal({
      reader: { user: "jane", groups: ["system:authenticated"] },
    });
  });

  it("are refused from every other address, whatever header they send, and without a name", () => {
    const identify = identifiedBy(behindProxy);
    for (const address of ["10.9.0.1", "127.0.0.1", "::1", "::ffff:10.9.0.1", "", "unix"])
      expect(identify(asked(address, { "x-forwarded-user": "jane" })), address).to.include({ status: 403 });
    for (const headers of [{}, { "x-forwarded-user": "" }, { "x-forwarded-user": "  " }])
      expect(identify(asked("10.8.0.1", headers as Record<string, string>))).to.deep.equal({
        status: 401,
        error: "the proxy sent no header x-forwarded-user",
      });
  });

  it("cannot be known by flags that do not fit together", () => {
    expect(() => identifiedBy({ userHeader: "x-user", trusted: [] })).to.throw("needs --trust-proxy-cidr");
    expect(() => identifiedBy({ trusted: ["10.0.0.0/8"] })).to.throw("need --user-header");
    expect(() => identifiedBy({ groupsHeader: "x-groups", trusted: [] })).to.throw("need --user-header");
  });
});
