import { expect } from "chai";
import { channels } from "../../../../rollout/notice/channels/registry.ts";
import { parseNotifications } from "../../../../rollout/notify/configuration.ts";
import { outgoingOf } from "../../../../rollout/notify/outgoing.ts";
import { aNotice } from "../../../support/notices.ts";

const url = "https://chat.example/x";
const parsed = (receiver: object) => parseNotifications({ receivers: JSON.stringify({ a: receiver }) });
const receiverWith = (text?: string) => {
  const [receiver] = parsed({ type: "mattermost", url, ...(text !== undefined && { text }) }).receivers;
  if (receiver === undefined) throw new Error("the receiver is not valid");
  return receiver;
};
const chats = Object.entries(channels).filter(([, { kind }]) => kind === "chat");

describe("a receiver's own sentence", () => {
  it("stands in place of the notice's, with its gaps filled", () => {
    const notice = aNotice({ namespace: "shop", name: "web", says: "rolled back at 10%" });
    const { body } = outgoingOf(receiverWith("{{namespace}}/{{ name }}: {{ says }}. Runbook: payments"), [
      notice,
    ]);
    expect(body).to.include("shop/web: rolled back at 10%. Runbook: payments");
    expect(outgoingOf(receiverWith(), [notice]).body).to.not.include("Runbook");
  });

  it("leaves out what the notice lacks, and fills in nothing twice", () => {
    const { cluster: _cluster, by: _by, ...notice } = aNotice({ says: "image {{ name }}" });
    const { body } = outgoingOf(receiverWith("[{{ cluster }}{{ by }}] {{ says }}"), [notice]);
    expect(body)
      .to.match(/\[\W*\] image/)
      .and.not.include("image web");
  });

  it("mentions nobody, whoever wrote it", () => {
    const notice = aNotice({ says: "from a tenant @channel" });
    expect(outgoingOf(receiverWith("@here {{ says }}"), [notice]).body).to.not.match(/@(here|channel)\b/);
  });

  it("is not that of many notices in one message", () => {
    const two = [aNotice(), aNotice({ name: "api" })] as const;
    const [first, second] = two;
    expect(outgoingOf(receiverWith("Runbook"), [first, second]).body).to.not.include("Runbook");
  });

  it("is a field of all chats, and of no program", () => {
    expect(chats).to.have.length.above(5);
    for (const [type, { kind, required }] of Object.entries(channels)) {
      const needed = Object.fromEntries(required.map((name) => [name, name === "url" ? url : "$key"]));
      const { complaints } = parsed({ type, ...needed, text: "{{ says }}" });
      const isRefused = complaints.some((one) => one.includes('unknown field "text"'));
      expect(isRefused, type).to.equal(kind !== "chat");
    }
  });

  for (const [what, text, says] of [
    ["empty", " ", "use a text of 1 to 500 characters"],
    ["too long", "x".repeat(501), "use a text of 1 to 500 characters"],
    ["with an unknown name", "{{ pod }}", "use {{ cluster }}, {{ namespace }}, {{ name }}"],
  ] as const)
    it(`is refused if it is ${what}, with what would be right`, () => {
      const { complaints } = parsed({ type: "slack", url, text });
      expect(complaints).to.have.length(1);
      expect(complaints[0]).to.include("receivers.a.text: ").and.include(says);
    });
});
