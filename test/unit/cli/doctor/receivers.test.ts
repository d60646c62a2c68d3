import { expect } from "chai";
import { aboutReceivers } from "../../../../cli/doctor/receivers.ts";
import { configMaps, secrets } from "../../../../kube/core/resources.ts";
import { FakeApi } from "../../../support/api.ts";

const metadata = { namespace: "serin-system", name: "serin-notifications" };

describe("the receivers that doctor looks at", () => {
  let api: FakeApi;
  beforeEach(async () => {
    api = await FakeApi.start();
  });
  afterEach(() => api.stop());

  it("are told by name, or with what is wrong", async () => {
    const kube = api.connect();
    const found = () => aboutReceivers({ kube, namespace: "serin-system" });
    const where = "notices";
    expect(await found()).to.deep.equal([{ kind: "good", where, says: "no receivers" }]);
    const receivers = '{"team": {"type": "slack", "url": "$chat"}}';
    api.add(configMaps, { metadata, data: { receivers } } as never);
    expect(await found()).to.deep.equal([
      {
        ...{ kind: "warning", where },
        says: "ConfigMap serin-notifications: receivers.team.url: the Secret serin-notifications has no key chat: add the key",
      },
    ]);
    api.add(secrets, {
      metadata,
      data: { chat: Buffer.from("https://chat.test/").toString("base64") },
    } as never);
    expect(await found()).to.deep.equal([{ kind: "good", where, says: "team (slack)" }]);
    api.faults.push(({ path }) =>
      path.includes("/secrets/") ? { status: 403, message: "secrets is forbidden" } : undefined,
    );
    expect((await found())[0]?.says).to.equal(
      "team (slack); you may not read the Secret, so its keys are not checked",
    );
    await kube.close();
  });
});
