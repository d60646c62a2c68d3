import { type Moment, moments } from "../../plan/notify.ts";
import { authorization, below, type EventChannel, postJson } from "../channel.ts";
import { titleOf } from "../message.ts";
import { asHtml, fitted, plainText } from "../plain-text.ts";

const MOST = 2_000;
const ENDS: readonly Moment[] = ["rolled-back", "promoted", "undone", "superseded"];

/** Annotations of Grafana: a region over the whole rollout at its end, and a mark at every other moment. */
export const grafana: EventChannel = {
  kind: "event",
  required: ["url", "token"],
  tells: moments,
  on: ENDS,
  request(notice, settings) {
    const { moment, namespace, name, cluster, started, at, says } = notice;
    const now = Date.parse(at);
    const times = ENDS.includes(moment) ? { time: Date.parse(started), timeEnd: now } : { time: now };
    const body = {
      ...times,
      tags: ["serin", namespace, name, moment, ...(cluster === undefined ? [] : [cluster])],
      text: fitted(plainText(`${titleOf(notice)}. ${says}`), MOST, asHtml),
    };
    return postJson(below(settings.url, "api/annotations"), body, authorization(settings));
  },
};
