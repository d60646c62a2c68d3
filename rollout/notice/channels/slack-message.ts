import type { Message } from "../message.ts";
import { asHtml, fitted, wholeLines } from "../plain-text.ts";

/** Of a section's text, in UTF-16 units. A field has at most 2,000, a message at most 50 blocks and about 13,200 in all. */
const SECTION = 3_000;
const colours = { good: "#2eb67d", neutral: "#9e9e9e", warning: "#ecb22e", bad: "#e01e5a" } as const;

/** A message as Slack reads it: blocks whose tenants' texts are `plain_text`, in which Slack reads nothing. */
export function slackMessage({ tone, title, says, facts, commands, links }: Message) {
  const plain = (text: string, most: number) => ({
    type: "plain_text",
    text: fitted(text, most),
    emoji: false,
  });
  // `verbatim` keeps Slack from making links of what only looks like one.
  const marked = (text: string) => ({ type: "mrkdwn", text, verbatim: true });
  const linked = links.map(({ text, url }) => `<${asTarget(url)}|${fitted(text, 75, asLabel)}>`);
  const lines = wholeLines(
    commands.map((line) => fitted(line, SECTION, asHtml)),
    SECTION - 8,
  );
  const blocks = [
    { type: "section", text: plain(says || "-", SECTION) },
    ...(facts.length > 0
      ? [{ type: "section", fields: facts.map(({ name, value }) => plain(`${name}: ${value}`, 2_000)) }]
      : []),
    ...(lines.length > 0 ? [{ type: "section", text: marked(`\`\`\`${lines.join("\n")}\`\`\``) }] : []),
    ...(linked.length > 0 ? [{ type: "section", text: marked(wholeLines(linked, SECTION).join("\n")) }] : []),
  ];
  return {
    text: `*${fitted(title, 300, asHtml)}*`,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [{ color: colours[tone], blocks }],
  };
}

function asTarget(url: string): string {
  return [...url.replaceAll("|", "%7C")].map(asHtml).join("");
}

function asLabel(character: string): string {
  return character === "|" ? "/" : asHtml(character);
}
