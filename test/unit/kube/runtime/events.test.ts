import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import { events } from "../../../../kube/core/resources.ts";
import { recordEvent } from "../../../../kube/runtime/events.ts";
import { FakeApi } from "../../../support/api.ts";

describe("kube/event", () => {
  let api: FakeApi;
  let kube: Kube;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  const record = (involved: KubeObject, message: string, once?: string) =>
    recordEvent(kube, {
      once,
      involved,
      type: "Normal",
      reason: "Promoted",
      message,
      component: "serin",
      now: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    });
  const recorded = async () => (await kube.list(events, {})).items[0];

  it("is in the object's namespace, with a time in seconds", async () => {
    await record(
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop", uid: "u" } },
      "hi",
    );
    const event = await recorded();
    expect(event?.metadata.namespace).to.equal("shop");
    expect(event?.involvedObject).to.deep.equal({
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "web",
      namespace: "shop",
      uid: "u",
    });
    expect(event?.firstTimestamp).to.equal("2026-01-02T03:04:05Z");
  });

  it("is recorded once for the same key and message", async () => {
    const web = { kind: "Deployment", metadata: { name: "web", namespace: "shop", uid: "u" } };
    for (const once of ["first", "first", "second"]) await record(web, "promoted", once);
    await record(web, "promoted at last", "second");
    for (let i = 0; i < 2; i += 1) await record(web, "promoted");
    expect((await kube.list(events, {})).items).to.have.length(5);
  });

  it("lands in default for what has no namespace", async () => {
    await record({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, "hi");
    expect((await recorded())?.metadata.namespace).to.equal("default");
  });

  for (const letter of ["a", "ü", "€", "🐤"]) {
    it(`cuts a message of ${letter} at 1,024 bytes, between characters`, async () => {
      await record({ kind: "Pod", metadata: { name: "a", namespace: "shop" } }, letter.repeat(1_100));
      const message = String((await recorded())?.message);
      expect(Buffer.byteLength(message)).to.be.within(1_018, 1_024);
      expect(message).to.match(new RegExp(`^(${letter})+…$`, "u"));
    });
  }
});
