import { moments } from "../../plan/notify.ts";
import { authorization, type EventChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";

/** CloudEvents 1.0 in structured mode; the data are the notice itself (docs/notice.schema.json). */
export const cloudevents: EventChannel = {
  kind: "event",
  required: ["url"],
  optional: ["token", "secret"],
  tells: moments,
  on: FOR_PEOPLE,
  request(notice, settings) {
    const { id, cluster = "cluster", namespace, name, moment, at } = notice;
    const event = {
      specversion: "1.0",
      id,
      source: `//serin/${encodeURIComponent(cluster)}/${namespace}/${name}`,
      type: `dev.serin.rollout.${moment}.v1`,
      time: at,
      datacontenttype: "application/json",
      data: notice,
    };
    const headers = { ...authorization(settings), "content-type": "application/cloudevents+json" };
    const { secret } = settings;
    return {
      ...postJson(settings.url, event, headers),
      ...(secret !== undefined && { sign: { id, secret } }),
    };
  },
};
