import type { LiveStep } from "../step.ts";
import { freeze, join, open, withdraw } from "./join-steps.ts";
import { argoAnnotate, emptySet, removeRollout, retarget } from "./leave-steps.ts";
import type { ArgoSeen } from "./seen.ts";

/**
 * From Argo Rollouts, with a workloadRef, to Serin without a lost request: the Deployment's own pods of the same version join the
 * Service, and then the Rollout's leave.
 */
export const argoSteps: readonly LiveStep<ArgoSeen>[] = [
  freeze,
  join,
  open,
  withdraw,
  retarget,
  argoAnnotate,
  emptySet,
  removeRollout,
];
