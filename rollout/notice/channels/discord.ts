import { moments } from "../../plan/notify.ts";
import { type ChatChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";
import { asMarkdown, fitted, wholeLines } from "../plain-text.ts";

/**
 * UTF-16 units. Discord takes 256 for a title, 4,096 for a description, 256 and 1,024 for a field, 25 fields, and 6,000 for the
 * whole embed; these add up to less.
 */
const MOST = { title: 256, says: 2_600, name: 30, value: 200, lines: 600 } as const;
const colours = { good: 0x2eb67d, neutral: 0x9e9e9e, warning: 0xecb22e, bad: 0xe01e5a } as const;

/** Discord's webhook: an embed, and no mention is allowed whatever the text says. */
export const discord: ChatChannel = {
  kind: "chat",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request({ tone, title, says, facts, commands, links, at }, { url }) {
    const lines = wholeLines(commands, MOST.lines - 8);
    const linked = wholeLines(
      links.map(({ text, url }) => `[${fitted(text, 60, asMarkdown)}](${url.replaceAll(")", "%29")})`),
      MOST.lines,
    );
    const fields = [
      ...facts.map(({ name, value }) => ({
        name: fitted(name, MOST.name, asMarkdown),
        value: fitted(value || "-", MOST.value, asMarkdown),
        inline: true,
      })),
      ...(lines.length > 0 ? [{ name: "commands", value: `\`\`\`\n${lines.join("\n")}\`\`\`` }] : []),
      ...(linked.length > 0 ? [{ name: "links", value: linked.join("\n") }] : []),
    ];
    return postJson(withWait(url), {
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: fitted(title, MOST.title, asMarkdown),
          description: fitted(says, MOST.says, asMarkdown),
          color: colours[tone],
          fields,
          timestamp: at,
        },
      ],
    });
  },
};

/** Discord then answers whether the message was stored, and not only that it came. */
function withWait(text = ""): string {
  const url = new URL(text);
  url.searchParams.set("wait", "true");
  return url.href;
}
