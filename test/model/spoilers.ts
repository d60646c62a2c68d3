import type { Deployment } from "../../kube/core/workloads.ts";
import { FLIGHT, HELD } from "../../rollout/keys.ts";
import { isHeld } from "../../rollout/workload/hold.ts";
import { holdRecordOf } from "../../rollout/workload/hold-record.ts";
import { sameTemplate } from "../../rollout/workload/template.ts";
import { edit } from "../support/shop.ts";
import { Refused } from "./objects.ts";

/** What policies do to every Deployment that somebody changes. */
export const spoilers = {
  "removes the record": ({ metadata, ...rest }: Deployment): Deployment => {
    const { [HELD]: _held, ...annotations } = metadata.annotations ?? {};
    return { ...rest, metadata: { ...metadata, annotations } };
  },
  "removes the label": ({ metadata, ...rest }: Deployment): Deployment => {
    const { [FLIGHT]: _flight, ...labels } = metadata.labels ?? {};
    return { ...rest, metadata: { ...metadata, labels } };
  },
  "removes minReadySeconds": ({ spec, ...rest }: Deployment): Deployment => {
    const { minReadySeconds: _seconds, ...others } = spec;
    return { ...rest, spec: others };
  },
  "sets the strategy": edit({
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "50%", maxSurge: "50%" } },
  }),
} as const;

/** A policy, and whether it has the last word on what users write as well. */
export interface Spoiler {
  readonly does: keyof typeof spoilers;
  readonly isLast: boolean;
}

/** What this policy, and then that of deploy/hold.yaml, make of a Deployment. Throws Refused. */
export function policed(
  spoiler: Spoiler | undefined,
  next: Deployment,
  before: Deployment,
  by: "user" | "serin",
): Deployment {
  const isSpoiled = spoiler !== undefined && (by === "serin" || spoiler.isLast);
  const object = isSpoiled ? spoilers[spoiler.does](next) : next;
  const [now, was] = [factsOf(object), factsOf(before)];
  if (by === "user" && was.holds && isUnanswered(next, before))
    throw new Error("deploy/hold.yaml would refuse an admitted template, because the record is as it was");
  const isRecordGone = !now.hasRecord && (was.holds || (now.inForce && !was.inForce));
  const isLabelGone = now.hasRecord && !now.hasLabel && !(was.hasRecord && !was.hasLabel);
  const isHoldGone = now.holds && !now.inForce && !(was.holds && !was.inForce);
  if (isRecordGone || isLabelGone || isHoldGone) throw new Refused(`spoiled: ${spoiler?.does}`);
  return object;
}

/** Whether the template is new and the record is not. */
function isUnanswered({ metadata, spec }: Deployment, before: Deployment): boolean {
  const isNew = !sameTemplate(spec.template, before.spec.template);
  return isNew && metadata.annotations?.[HELD] === before.metadata.annotations?.[HELD];
}

function factsOf(deployment: Deployment) {
  const held = holdRecordOf(deployment);
  const { metadata, spec } = deployment;
  return {
    hasRecord: HELD in (metadata.annotations ?? {}),
    hasLabel: FLIGHT in (metadata.labels ?? {}),
    holds: held?.phase === "canary" || held?.phase === "failed",
    inForce: isHeld(spec) && spec.strategy?.rollingUpdate?.maxUnavailable === 0,
  };
}
