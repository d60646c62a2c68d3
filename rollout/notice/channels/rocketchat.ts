import { moments } from "../../plan/notify.ts";
import { type ChatChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";
import { asCode, fitted, wholeLines } from "../plain-text.ts";

/** UTF-16 units; a message may have 5,000 by default, and its attachments count apart. */
const MOST = { title: 300, says: 3_000, value: 200, lines: 1_000 } as const;
const colours = { good: "#2eb67d", neutral: "#9e9e9e", warning: "#ecb22e", bad: "#e01e5a" } as const;

/** Rocket.Chat's incoming webhook: one attachment whose texts are code spans, because its Markdown has no sure escape. */
export const rocketchat: ChatChannel = {
  kind: "chat",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request({ tone, title, says, facts, commands, links }, { url }) {
    const span = (text: string, most: number) => `\`${fitted(text || "-", most, asCode)}\``;
    const lines = wholeLines(commands, MOST.lines);
    const linked = links.map(
      ({ text, url }) => `[${fitted(text, 60, asWord)}](${url.replaceAll(")", "%29")})`,
    );
    const text = [
      span(says, MOST.says),
      ...(lines.length > 0 ? [`\`\`\`\n${lines.join("\n")}\n\`\`\``] : []),
      ...(linked.length > 0 ? [wholeLines(linked, MOST.lines).join(" · ")] : []),
    ].join("\n");
    const fields = facts.map(({ name, value }) => ({
      short: true,
      title: name,
      value: span(value, MOST.value),
    }));
    return postJson(url, {
      text: span(title, MOST.title),
      attachments: [{ color: colours[tone], text, fields }],
    });
  },
};

/** A link's text in square brackets, for which there is no escape. */
function asWord(character: string): string {
  return /[[\]()`*_~]/.test(character) ? " " : character;
}
