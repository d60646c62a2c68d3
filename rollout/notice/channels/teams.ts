import { moments } from "../../plan/notify.ts";
import { type ChatChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";

const colours = { good: "good", neutral: "default", warning: "warning", bad: "attention" } as const;

/**
 * A Workflows webhook of Teams, with an Adaptive Card 1.4. Teams reads Markdown in every TextBlock and Fact, so tenants' texts
 * stand in TextRuns, where it reads none. A card may have 28,672 bytes, as Teams counts them after it has added some 4,000.
 */
export const teams: ChatChannel = {
  kind: "chat",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request({ tone, title, says, facts, commands, links }, { url }) {
    const runs = (...inlines: readonly object[]) => ({
      type: "RichTextBlock",
      inlines: inlines.map((one) => ({ type: "TextRun", ...one })),
    });
    const content = {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      body: [
        runs({ text: title, weight: "Bolder", size: "Medium", color: colours[tone] }),
        runs({ text: says || "-" }),
        ...facts.map(({ name, value }) =>
          runs({ text: `${name}: `, weight: "Bolder" }, { text: value || "-" }),
        ),
        ...commands.map((text) => runs({ text, fontType: "Monospace" })),
      ],
      actions: links.map(({ text, url }) => ({ type: "Action.OpenUrl", title: text, url })),
      msteams: { width: "Full" },
    };
    const contentType = "application/vnd.microsoft.card.adaptive";
    return postJson(url, { type: "message", attachments: [{ contentType, contentUrl: null, content }] });
  },
};
