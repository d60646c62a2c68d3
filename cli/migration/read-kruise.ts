import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import { convert } from "../../migrate/convert.ts";
import { type KruiseRollout, type KruiseSeen, kruiseRollouts } from "../../migrate/live/kruise/steps.ts";
import { findAll, type LivePlace } from "./reading.ts";

/** Reads what the switch-over from Kruise looks at. Throws ApiError, also if the Deployment does not exist. */
export async function readKruise(place: LivePlace): Promise<KruiseSeen> {
  const { kube, namespace, name } = place;
  const [deployment, rollouts] = await Promise.all([
    kube.get<Deployment>(deployments, { namespace, name }),
    findAll<KruiseRollout>(place, kruiseRollouts),
  ]);
  const rollout = rollouts.find(
    ({ spec: { workloadRef } }) =>
      workloadRef?.name === name && (workloadRef.kind ?? "Deployment") === "Deployment",
  );
  if (rollout === undefined) return { deployment };
  const object = { ...rollout, apiVersion: "rollouts.kruise.io/v1beta1", kind: "Rollout" };
  const [conversion] = convert([object], { sameVerdicts: false });
  const [patched] = conversion?.files.flatMap(({ objects }) => objects) ?? [];
  return { deployment, rollout, annotations: patched?.metadata.annotations ?? {} };
}
