import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import * as v from "valibot";
import type { Channel, ReceiverSettings } from "../../../../rollout/notice/channel.ts";
import { type ChannelType, channels } from "../../../../rollout/notice/channels/registry.ts";
import { chatMessage, digestMessage } from "../../../../rollout/notice/message.ts";
import { type Notice, noticeSchema } from "../../../../rollout/notice/notice.ts";
import { moments } from "../../../../rollout/plan/notify.ts";
import { cases } from "../../../support/cases.ts";
import { aNotice } from "../../../support/notices.ts";

const settings: ReceiverSettings = {
  url: "https://chat.example.com/hook?key=k",
  token: "t0ken",
  routingKey: "r0uting",
  channel: "releases",
};
const types = Object.keys(channels) as readonly ChannelType[];
const chats = types.filter((type) => channels[type].kind === "chat");

function requestOf(type: ChannelType, notice: Notice) {
  const channel: Channel = channels[type];
  return channel.kind === "chat"
    ? channel.request(chatMessage(notice), settings)
    : channel.request(notice, settings);
}

/** The texts of a body, each with its path: `embeds.0.title`. */
function textsIn(value: unknown, path = ""): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => textsIn(each, path === "" ? key : `${path}.${key}`));
}

const nasty = fc.constantFrom(
  ...["<!channel>", "<@U1>", "@everyone", "@here", "@all", "[a](https://evil.test)", "<https://evil.test|a>"],
  ...[
    "*bold*",
    "`code`",
    "```",
    "\\",
    "<b>",
    "</a>",
    "&",
    "_",
    "~",
    "|",
    "#",
    "\n",
    "😀",
    "\u202e",
    "https://evil.test",
  ],
  ...["https://teams.test/l/entity", "<at>you</at>", "![x](http://evil.test/p.png)", '"', "\u0000"],
);
const word = fc.oneof(nasty, fc.string({ unit: "grapheme", maxLength: 12 }));
const tenantText = fc.array(word, { maxLength: 900 }).map((parts) => parts.join("").slice(0, 4_096));
const anyNotice = fc
  .record({
    moment: fc.constantFrom(...moments),
    says: tenantText,
    facts: fc.array(fc.record({ name: fc.constant("image of app"), value: tenantText }), { maxLength: 14 }),
    by: tenantText,
  })
  .map(aNotice);

describe("rollout/notice/channels", () => {
  it("make the bodies that are kept as examples", () => {
    const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8"));
    const made = types.map((type) => {
      const { url, headers, body } = requestOf(type, aNotice({ cluster: "prod" }));
      return [type, { url, headers, body: JSON.parse(body) }];
    });
    expect(Object.fromEntries(made)).to.deep.equal(golden);
  });

  it("make one body of many notices", () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      aNotice({ name: `web-${i}`, moment: i < 50 ? "rolled-back" : "promoted" }),
    );
    const { title, says, tone } = digestMessage(many);
    expect(title).to.match(/^60 notices since 2026-01-01T12:00:00/);
    expect(says).to.match(
      /^50 rollouts were rolled back: shop\/web-0, .* and 10 more\. 10 rollouts were promoted: shop\/web-50/,
    );
    expect(tone).to.equal("bad");
    expect(digestMessage([aNotice(), aNotice()]).says).to.equal("1 rollout was rolled back: shop/web");
  });

  function expectSlackLimits(
    body: {
      text: string;
      attachments: { blocks: { text?: { text: string }; fields?: { text: string }[] }[] }[];
    },
    text: string,
  ) {
    const blocks = body.attachments.flatMap((one) => one.blocks);
    expect(blocks.length).to.be.at.most(50);
    for (const block of blocks) {
      expect(block.text?.text.length ?? 1).to.be.within(1, 3_000);
      expect(block.fields?.length ?? 1).to.be.within(1, 10);
      for (const field of block.fields ?? []) expect(field.text.length).to.be.at.most(2_000);
    }
    expect(text.length).to.be.at.most(13_200);
  }
  const limits: Readonly<Partial<Record<ChannelType, (body: never, text: string) => void>>> = {
    slack: expectSlackLimits,
    "slack-bot": expectSlackLimits,
    teams(_body, text) {
      expect(Buffer.byteLength(text)).to.be.at.most(22_000);
    },
    discord(body: {
      embeds: { title: string; description: string; fields: { name: string; value: string }[] }[];
    }) {
      for (const { title, description, fields } of body.embeds) {
        expect(title.length).to.be.within(1, 256);
        expect(description.length).to.be.at.most(4_096);
        expect(fields.length).to.be.at.most(25);
        for (const { name, value } of fields) {
          expect(name.length).to.be.within(1, 256);
          expect(value.length).to.be.within(1, 1_024);
        }
        const sum = fields.reduce((all, { name, value }) => all + name.length + value.length, 0);
        expect(title.length + description.length + sum).to.be.at.most(6_000);
      }
    },
    "google-chat"(_body, text) {
      expect(Buffer.byteLength(text)).to.be.at.most(32_000);
    },
    mattermost(_body, text) {
      expect(text.length).to.be.at.most(16_383);
    },
    pagerduty(body: { dedup_key: string; payload?: { summary: string } }) {
      expect(body.dedup_key.length).to.be.at.most(255);
      expect(body.payload?.summary.length ?? 1).to.be.within(1, 1_024);
    },
  };
  for (const [type, check] of Object.entries(limits) as [
    ChannelType,
    (body: unknown, text: string) => void,
  ][])
    it(`keep the limits of ${type}, whatever the text`, () => {
      fc.assert(
        fc.property(anyNotice, (notice) => {
          const { body } = requestOf(type, notice);
          check(JSON.parse(body), body);
        }),
        { numRuns: cases(200) },
      );
    });

  /** Whether the channel reads a text of this path as markup; the administrator's links and Serin's own commands are not asked. */
  const isRead: Readonly<Record<string, (path: string) => boolean>> = {
    slack: (path) => path === "text",
    "slack-bot": (path) => path === "text",
    teams: () => false,
    discord: (path) => /description$|title$|fields\.\d\.value$/.test(path),
    "google-chat": () => true,
    mattermost: (path) => /text$|value$|title$/.test(path),
    rocketchat: (path) => /text$|value$/.test(path),
  };
  const escaped = /\\[\\`*_{}[\]()#+\-!|~<>]|&(?:amp|lt|gt);/g;
  const ofTenant = aNotice({ commands: [], links: [] });
  for (const type of chats)
    it(`let a tenant's text mention nobody and form no link or markup in ${type}`, () => {
      fc.assert(
        fc.property(anyNotice, (notice) => {
          const { body } = requestOf(type, { ...notice, commands: [], links: ofTenant.links });
          for (const [path, text] of textsIn(JSON.parse(body))) {
            if (/schema|contentType|url$|color|timestamp/i.test(path)) continue;
            expect(text, path).to.not.match(/@(?!\u200b)|:\/\/|\bwww\./i);
            if (!isRead[type]?.(path)) continue;
            const spans = type === "rocketchat" ? text.replaceAll(/`[^`]*`/g, "") : text;
            const bold = type.startsWith("slack") ? spans.replaceAll(/^\*|\*$/g, "") : spans;
            expect(bold.replaceAll(escaped, ""), path).to.not.match(
              type === "google-chat" ? /[<>]/ : /[`<>]|\]\(/,
            );
            if (type === "discord" || type === "mattermost")
              expect(bold.replaceAll(escaped, ""), path).to.not.match(/[*_~|#[\]\\]/);
          }
        }),
        { numRuns: cases(200) },
      );
    });

  it("let Discord mention nobody, and mark all texts of tenants as plain in Slack", () => {
    const discord = JSON.parse(requestOf("discord", aNotice({ says: "@everyone" })).body);
    expect(discord.allowed_mentions).to.deep.equal({ parse: [] });
    const slack = JSON.parse(requestOf("slack", aNotice({ says: "<!channel>" })).body);
    const [says] = slack.attachments[0].blocks;
    expect(says.text).to.deep.equal({ type: "plain_text", text: "<!channel>", emoji: false });
  });

  it("close in PagerDuty and Alertmanager what they opened", () => {
    const open = (type: ChannelType, moment: Notice["moment"]) =>
      JSON.parse(requestOf(type, aNotice({ moment })).body);
    const trigger = open("pagerduty", "rolled-back");
    const resolve = open("pagerduty", "promoted");
    expect(trigger).to.include({ event_action: "trigger", dedup_key: "serin/shop/web" });
    expect(resolve).to.deep.equal({
      routing_key: "r0uting",
      event_action: "resolve",
      dedup_key: trigger.dedup_key,
    });
    const [firing] = open("alertmanager", "stuck");
    const ends = open("alertmanager", "undone");
    expect(Date.parse(firing.endsAt) - Date.parse(firing.startsAt)).to.equal(24 * 3_600_000);
    expect(ends.map(({ labels }: { labels: object }) => labels)).to.deep.include(firing.labels);
    const long = aNotice({ name: "n".repeat(253), namespace: "n".repeat(63), cluster: "c".repeat(63) });
    expect(JSON.parse(requestOf("pagerduty", long).body).dedup_key).to.equal(
      `serin/${"c".repeat(63)}/uid-web`,
    );
  });

  it("send the notice itself as a CloudEvent, as its schema has it", () => {
    const notice = aNotice();
    const { headers, body } = requestOf("cloudevents", notice);
    const event = JSON.parse(body);
    expect(headers).to.include({
      "content-type": "application/cloudevents+json",
      authorization: "Bearer t0ken",
    });
    expect(event).to.include({ specversion: "1.0", id: notice.id, type: "dev.serin.rollout.rolled-back.v1" });
    expect(v.parse(noticeSchema, event.data)).to.deep.equal(notice);
  });
});
