import type { Moment } from "../../plan/notify.ts";
import { below, type EventChannel, postJson } from "../channel.ts";
import { titleOf } from "../message.ts";
import type { Notice } from "../notice.ts";
import { fitted, plainText } from "../plain-text.ts";

/** Characters that PagerDuty takes. */
const MOST = { summary: 1_024, key: 255 } as const;
const CLOSING: readonly Moment[] = ["promoted", "undone"];

/** PagerDuty's Events API v2: one incident for each Deployment, which ends when a later version is promoted or undone. */
export const pagerduty: EventChannel = {
  kind: "event",
  required: ["routingKey"],
  optional: ["url"],
  tells: ["waiting", "stuck", "rolled-back"],
  on: ["stuck", "rolled-back"],
  closes: CLOSING,
  request(notice, { routingKey, url = "https://events.pagerduty.com" }) {
    const endpoint = below(url, "v2/enqueue");
    const key = { routing_key: routingKey, dedup_key: keyOf(notice) };
    if (CLOSING.includes(notice.moment)) return postJson(endpoint, { ...key, event_action: "resolve" });
    const { severity, namespace, name, moment, at, cluster, links, says, images, facts, commands } = notice;
    return postJson(endpoint, {
      ...key,
      event_action: "trigger",
      client: "Serin",
      links: links.map(({ text, url }) => ({ href: url, text })),
      payload: {
        summary: fitted(plainText(`${titleOf(notice)}. ${says}`), MOST.summary),
        source: `${cluster === undefined ? "" : `${cluster}/`}${namespace}/${name}`,
        severity,
        timestamp: at,
        component: name,
        group: namespace,
        class: moment,
        custom_details: {
          says,
          commands,
          images: images.map(({ container, from = "", to = "" }) => `${container}: ${from} → ${to}`),
          ...Object.fromEntries(facts.map((fact) => [fact.name, fact.value])),
        },
      },
    });
  },
};

function keyOf({ cluster, namespace, name, uid }: Notice): string {
  const place = cluster === undefined ? "serin" : `serin/${cluster}`;
  const key = `${place}/${namespace}/${name}`;
  // A UID is as good a name, and always short.
  return key.length <= MOST.key ? key : `${place}/${uid}`;
}
