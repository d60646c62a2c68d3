import { revisionInFlight } from "../workload/revision.ts";
import { kubectlUndo } from "../workload/undo-command.ts";
import type { TemplateChange } from "./change.ts";

/**
 * The commands that go back to the stable version from the rollout in flight. Where the Deployment is paused, to resume it for
 * an undo would give a canary its next weight, so an order ends that canary first. `object` has only the user's own pause.
 */
export function wayBack({ object, old, held, current, stable }: TemplateChange): string {
  const undo = kubectlUndo({ deployment: old, canary: current, stable }, object.spec.paused === true);
  if (held?.phase !== "canary" || !old.spec.paused) return undo;
  const revision = revisionInFlight(old, current);
  return `kubectl annotate deployment/${old.metadata.name} serin.dev/abort=${revision} && ${undo}`;
}
