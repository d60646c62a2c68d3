import { expect } from "chai";
import type { Refusal } from "../../../../rollout/notice/channel.ts";
import { slackBot } from "../../../../rollout/notice/channels/slack-bot.ts";
import { chatMessage } from "../../../../rollout/notice/message.ts";
import { aNotice } from "../../../support/notices.ts";

describe("rollout/notice/channels/slack-bot", () => {
  const message = chatMessage(aNotice());

  it("writes by Slack's method into the channel, with the token in the header alone", () => {
    const { url, headers, body } = slackBot.request(message, { token: "xoxb-1", channel: "C01" });
    expect(url).to.equal("https://slack.com/api/chat.postMessage");
    expect(headers).to.include({ authorization: "Bearer xoxb-1" });
    expect(JSON.parse(body)).to.include({ channel: "C01" });
    expect(`${url} ${body}`).to.not.include("xoxb");
    const own = { token: "t", channel: "C01", url: "https://slack-gov.com/api" };
    expect(slackBot.request(message, own).url).to.equal("https://slack-gov.com/api/chat.postMessage");
  });

  const answers: readonly (readonly [what: string, answer: string, refusal: Refusal | undefined])[] = [
    ["a message that it took", '{"ok":true,"channel":"C01","ts":"1.2"}', undefined],
    [
      "an unknown channel",
      '{"ok":false,"error":"channel_not_found"}',
      { reason: "it answered 200 with channel_not_found", isPassing: false },
    ],
    [
      "a token without the scope",
      '{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"users:read"}',
      { reason: "it answered 200 with missing_scope, needed: chat:write", isPassing: false },
    ],
    [
      "too many messages",
      '{"ok":false,"error":"ratelimited"}',
      { reason: "it answered 200 with ratelimited", isPassing: true },
    ],
    [
      "a fault of Slack",
      '{"ok":false,"error":"internal_error"}',
      { reason: "it answered 200 with internal_error", isPassing: true },
    ],
    [
      "an answer of something else",
      "<html>Sign in to the proxy</html>",
      { reason: "it answered 200 without Slack's JSON", isPassing: true },
    ],
    ["JSON of something else", '"ok"', { reason: "it answered 200 without Slack's JSON", isPassing: true }],
  ];
  for (const [what, answer, refusal] of answers)
    it(`reads ${what}`, () => {
      const { refusalIn } = slackBot.request(message, { token: "t", channel: "C01" });
      expect(refusalIn?.(answer)).to.deep.equal(refusal);
    });
});
