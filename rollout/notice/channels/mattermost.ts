import { moments } from "../../plan/notify.ts";
import { type ChatChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";
import { asMarkdown, fitted, wholeLines } from "../plain-text.ts";

/** UTF-16 units with escapes; a whole post may have 16,383. */
const MOST = { title: 400, says: 5_000, value: 400, lines: 2_000 } as const;
const colours = { good: "#2eb67d", neutral: "#9e9e9e", warning: "#ecb22e", bad: "#e01e5a" } as const;

/** Mattermost's incoming webhook: one attachment in Markdown. */
export const mattermost: ChatChannel = {
  kind: "chat",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request({ tone, title, says, facts, commands, links }, { url }) {
    const head = fitted(title, MOST.title, asMarkdown);
    const lines = wholeLines(commands, MOST.lines);
    const linked = links.map(
      ({ text, url }) => `[${fitted(text, 60, asMarkdown)}](${url.replaceAll(")", "%29")})`,
    );
    const text = [
      fitted(says, MOST.says, asMarkdown),
      ...(lines.length > 0 ? [`\`\`\`\n${lines.join("\n")}\n\`\`\``] : []),
      ...(linked.length > 0 ? [wholeLines(linked, MOST.lines).join(" · ")] : []),
    ].join("\n\n");
    const fields = facts.map(({ name, value }) => ({
      short: true,
      title: name,
      value: fitted(value, MOST.value, asMarkdown),
    }));
    return postJson(url, {
      attachments: [{ fallback: head, color: colours[tone], title: head, text, fields }],
    });
  },
};
