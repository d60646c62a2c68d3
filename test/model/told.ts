import type { Place } from "../../docs/troubleshooting.ts";
import type { Condition } from "../../kube/core/meta.ts";
import type { Write } from "../../kube/core/writes.ts";
import type { AdmissionResponse } from "../../rollout/admission/answer.ts";
import { CONDITION } from "../../rollout/keys.ts";
import { bySerin } from "../../webhook/review.ts";

/** Called with a sentence and the place where users see it. */
export type Hear = (place: Place, sentence: string) => void;

/** Tells every refusal or warning of an answer. */
export function tellAnswer(answer: AdmissionResponse, hear: Hear): void {
  if (answer.allowed) for (const warning of answer.warnings) hear("warning", bySerin(warning));
  else for (const line of answer.message.split("\n")) hear("refusal", line);
}

/** Tells the sentence of an Event, or of the condition Canary in a status. */
export function tellWrite(write: Write, hear: Hear): void {
  if (write.verb === "event") hear("event", write.message);
  if (write.verb !== "strategic") return;
  const { status } = write.body as { status: { conditions: readonly Condition[] } };
  for (const { type, message } of status.conditions)
    if (type === CONDITION && message !== undefined) hear("condition", message);
}
