import type { HookPayload, HookPhase } from "../../hooks/call.ts";
import { type Moment, moments } from "../../plan/notify.ts";
import { type EventChannel, postJson } from "../channel.ts";
import { FOR_PEOPLE } from "../for-people.ts";

const phases: Readonly<Record<Moment, HookPhase>> = {
  started: "Progressing",
  waiting: "Waiting",
  stuck: "Progressing",
  "rolled-back": "Failed",
  promoted: "Succeeded",
  undone: "Failed",
  superseded: "Failed",
};

/** The body of Flagger's webhooks of the type `event`, for what already listens to it. */
export const flagger: EventChannel = {
  kind: "event",
  required: ["url"],
  tells: moments,
  on: FOR_PEOPLE,
  request({ name, namespace, version, moment, severity, says, at }, { url }) {
    const payload: HookPayload = {
      name,
      namespace,
      phase: phases[moment],
      checksum: version,
      metadata: {
        eventMessage: says,
        eventType: severity === "info" ? "Normal" : "Warning",
        timestamp: String(Date.parse(at)),
      },
    };
    return postJson(url, payload);
  },
};
