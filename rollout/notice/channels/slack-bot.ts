import * as v from "valibot";
import { moments } from "../../plan/notify.ts";
import { authorization, below, type ChatChannel, postJson, type Refusal } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";
import { slackMessage } from "./slack-message.ts";

/** Errors that pass by themselves. All others come back until somebody changes the app, its token or the channel. */
const PASSING: readonly string[] = [
  ...["ratelimited", "rate_limited", "message_limit_exceeded"],
  ...["internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org"],
];

const answerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ ok: v.boolean(), error: v.optional(v.string(), "no error"), needed: v.optional(v.string()) }),
);

/** A bot of Slack, which writes into a channel by the method chat.postMessage with the token of its app. */
export const slackBot: ChatChannel = {
  kind: "chat",
  required: ["token", "channel"],
  optional: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request(message, { url = "https://slack.com/api", token = "", channel }) {
    const body = { channel, ...slackMessage(message) };
    // Without a charset, Slack warns in each answer.
    const headers = { ...authorization({ token }), "content-type": "application/json; charset=utf-8" };
    return { ...postJson(below(url, "chat.postMessage"), body, headers), refusalIn };
  },
};

/** Slack answers 200 also to what it does not take, and then says `"ok": false`. */
function refusalIn(answer: string): Refusal | undefined {
  const { success, output } = v.safeParse(answerSchema, answer);
  // A proxy on the way may answer in Slack's place.
  if (!success) return { reason: "it answered 200 without Slack's JSON", isPassing: true };
  if (output.ok) return undefined;
  const { error, needed } = output;
  const reason = `it answered 200 with ${error}${needed === undefined ? "" : `, needed: ${needed}`}`;
  return { reason, isPassing: PASSING.includes(error) };
}
