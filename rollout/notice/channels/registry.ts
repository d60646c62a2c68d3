import type { Channel } from "../channel.ts";
import { alertmanager } from "./alertmanager.ts";
import { cloudevents } from "./cloudevents.ts";
import { discord } from "./discord.ts";
import { flagger } from "./flagger.ts";
import { googleChat } from "./google-chat.ts";
import { grafana } from "./grafana.ts";
import { mattermost } from "./mattermost.ts";
import { pagerduty } from "./pagerduty.ts";
import { rocketchat } from "./rocketchat.ts";
import { slack } from "./slack.ts";
import { slackBot } from "./slack-bot.ts";
import { teams } from "./teams.ts";

/** All kinds of receivers, by the `type` that administrators write. */
export const channels = {
  slack,
  "slack-bot": slackBot,
  teams,
  discord,
  "google-chat": googleChat,
  mattermost,
  rocketchat,
  pagerduty,
  alertmanager,
  grafana,
  cloudevents,
  flagger,
} as const satisfies Readonly<Record<string, Channel>>;

/** See `channels`. */
export type ChannelType = keyof typeof channels;
