import { moments } from "../../plan/notify.ts";
import { type ChatChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";
import { slackMessage } from "./slack-message.ts";

/** Slack's incoming webhook. */
export const slack: ChatChannel = {
  kind: "chat",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request: (message, { url }) => postJson(url, slackMessage(message)),
};
