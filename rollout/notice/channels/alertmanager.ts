import type { Moment } from "../../plan/notify.ts";
import { authorization, below, type EventChannel, postJson } from "../channel.ts";
import { titleOf } from "../message.ts";
import type { Notice } from "../notice.ts";

/** Alertmanager ends an alert that nobody sends again: Serin sends its end, and this is for the case that it cannot. */
const LASTS_MS = 24 * 3_600_000;
/** The names of the rules in deploy/components/monitoring, so that the same routes and silences fit. */
const names: Readonly<Partial<Record<Moment, string>>> = {
  waiting: "SerinWaitsForPerson",
  stuck: "SerinStuck",
  "rolled-back": "SerinRolledBack",
};
const CLOSING: readonly Moment[] = ["promoted", "undone"];

/** Alertmanager's API v2: an alert for what wants a person, and its end when a version is promoted or undone. */
export const alertmanager: EventChannel = {
  kind: "event",
  required: ["url"],
  optional: ["token", "username", "password"],
  tells: ["waiting", "stuck", "rolled-back"],
  on: ["waiting", "stuck", "rolled-back"],
  closes: CLOSING,
  request(notice, settings) {
    const { moment, says, links, at, started } = notice;
    const isEnd = CLOSING.includes(moment);
    const alerts = (isEnd ? Object.values(names) : [names[moment] ?? ""]).map((alertname) => ({
      labels: labelsOf(notice, alertname),
      annotations: { summary: titleOf(notice), description: says },
      startsAt: isEnd ? started : at,
      endsAt: isEnd ? at : new Date(Date.parse(at) + LASTS_MS).toISOString(),
      ...(links[0] && { generatorURL: links[0].url }),
    }));
    return postJson(below(settings.url, "api/v2/alerts"), alerts, authorization(settings));
  },
};

/** Without the severity of the moment: the end must have the labels of the begin. */
function labelsOf({ cluster, namespace, name }: Notice, alertname: string) {
  const severity = alertname === "SerinWaitsForPerson" ? "info" : "warning";
  return { alertname, severity, namespace, deployment: name, ...(cluster !== undefined && { cluster }) };
}
