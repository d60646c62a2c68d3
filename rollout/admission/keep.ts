import type { Deployment, DeploymentSpec, DeploymentStrategy } from "../../kube/core/workloads.ts";
import { equal } from "../text/equal.ts";
import { keepHistory, pause } from "../workload/hold.ts";
import { type HoldRecord, updateOriginals, withHoldRecord } from "../workload/hold-record.ts";
import { withRoom } from "../workload/surge.ts";
import { ended } from "./back-to-stable.ts";

/**
 * Keeps a rollout in flight as it is; requested values of held fields become the originals. The template stays as it is
 * written, too: another form of the same one, such as 1073741824 for 1Gi, is no version that Serin has to judge, and Serin's
 * ValidatingAdmissionPolicy, which compares texts, would take it for one that no webhook answered.
 */
export function keep(changed: Deployment, old: Deployment, held: HoldRecord): Deployment {
  const object = { ...changed, spec: { ...changed.spec, template: old.spec.template } };
  if (held.phase === "promoting") return withHoldRecord(object, held, old);
  if (held.phase === "undone") return ended({ object, old }, held);
  const strategy = object.spec.paused ? roomyStrategy(old) : old.spec.strategy;
  // The API server may ask again with Serin's own answer, which is not the user's wish.
  const isEcho = equal(object.spec.strategy, strategy);
  const requested = isEcho ? { ...object.spec, strategy: old.spec.strategy } : object.spec;
  const { paused: before, ...fieldsNow } = updateOriginals(
    held.originals,
    old.spec,
    requested as DeploymentSpec,
  );
  // Cleansing removed the pause of a superseding version: a pause that is left is the user's, and so is a resume.
  const paused = held.latched || before ? object.spec.paused : undefined;
  const originals = { ...fieldsNow, ...(paused ? { paused } : {}) };
  const { minReadySeconds, progressDeadlineSeconds } = old.spec;
  const fields = { minReadySeconds, progressDeadlineSeconds, strategy } as Partial<Deployment["spec"]>;
  const spec = keepHistory({ ...object.spec, ...fields });
  return withHoldRecord(
    { ...object, spec: held.latched ? pause(spec, true) : spec },
    { ...held, originals },
    old,
  );
}

/** The strategy for a pause right after Serin lowered the surge, before the canary has shrunk to it, or beside other versions. */
function roomyStrategy({ spec, status }: Deployment): DeploymentStrategy | undefined {
  const { maxSurge, ...rest } = spec.strategy?.rollingUpdate ?? {};
  if (maxSurge === undefined) return spec.strategy;
  const { replicas = 1 } = spec;
  const pods = Math.max(status?.updatedReplicas ?? 0, (status?.replicas ?? 0) - replicas);
  const surge = withRoom(maxSurge, replicas, pods);
  return { ...spec.strategy, rollingUpdate: { ...rest, maxSurge: surge } };
}
