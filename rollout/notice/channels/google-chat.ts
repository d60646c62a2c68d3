import { moments } from "../../plan/notify.ts";
import { type ChatChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";
import { asHtml, fitted } from "../plain-text.ts";

/** UTF-16 units with escapes. A whole card may have 32 kB. */
const MOST = { title: 300, says: 4_000, value: 400, command: 500 } as const;

/** Google Chat's webhook: a card in the thread of its rollout. Its texts are HTML. */
export const googleChat: ChatChannel = {
  kind: "chat",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request({ title, says, facts, commands, links, thread }, { url }) {
    const paragraph = (text: string) => ({ textParagraph: { text } });
    const widgets = [
      paragraph(fitted(says || "-", MOST.says, asHtml)),
      ...facts.map(({ name, value }) => ({
        decoratedText: { topLabel: name, text: fitted(value || "-", MOST.value, asHtml), wrapText: true },
      })),
      ...commands.map((line) => paragraph(fitted(line, MOST.command, asHtml))),
      ...(links.length > 0
        ? [
            {
              buttonList: {
                buttons: links.map(({ text, url }) => ({ text, onClick: { openLink: { url } } })),
              },
            },
          ]
        : []),
    ];
    return postJson(inThread(url), {
      cardsV2: [
        {
          cardId: "serin",
          card: { header: { title: fitted(title, MOST.title, asHtml) }, sections: [{ widgets }] },
        },
      ],
      thread: { threadKey: thread },
    });
  },
};

/** The thread of the key, or a new one. */
function inThread(text = ""): string {
  const url = new URL(text);
  url.searchParams.set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
  return url.href;
}
