import type { Service } from "../../kube/core/services.ts";
import type { Deployment } from "../../kube/core/workloads.ts";

/** A change of other objects that comes with an answer: short, idempotent, never on a dry run. `uid` is the Deployment's. */
export type Effect =
  /** Isolates Services to the stable pods before the first canary pod exists. */
  | {
      readonly kind: "isolate";
      readonly services: readonly Service[];
      readonly uid: string;
      readonly hash: string;
    }
  /**
   * Restores the Services that Serin isolated for an update that never came, or to a stable version that is lost, before
   * native control removes a pod.
   */
  | { readonly kind: "restore"; readonly uid: string }
  /**
   * Sets the canary's weight to 0, in force before its first pod goes. Before an undo, also keeps Serin from raising it: `undo` is
   * the start of the rollout that it ends. `latched`: the weight is that of the version which this rollout supersedes.
   */
  | {
      readonly kind: "drain";
      readonly uid: string;
      readonly undo?: string;
      readonly latched?: boolean;
    };

/** The answer to a request about a Deployment. */
export type AdmissionResponse =
  | {
      readonly allowed: true;
      readonly object: Deployment;
      readonly warnings: readonly string[];
      readonly effects: readonly Effect[];
    }
  | { readonly allowed: false; readonly message: string; readonly effects: readonly Effect[] };

/** Allows the request in this form. */
export function allowed(
  object: Deployment,
  warnings: readonly string[] = [],
  effects: readonly Effect[] = [],
): AdmissionResponse {
  return { allowed: true, object, warnings, effects };
}

/** Allows a native rolling update, and restores Services that are still isolated, as native control would not. */
export function allowedNatively(
  object: Deployment,
  old: Deployment,
  warnings: readonly string[] = [],
): AdmissionResponse {
  return allowed(object, warnings, [restoring(old)]);
}

/** The effect that restores the Deployment's Services. */
export function restoring({ metadata: { uid = "" } }: Deployment): Effect {
  return { kind: "restore", uid };
}

/** The same answer with more warnings; a refusal gets none. */
export function withWarnings(answer: AdmissionResponse, warnings: readonly string[]): AdmissionResponse {
  return answer.allowed ? { ...answer, warnings: [...answer.warnings, ...warnings] } : answer;
}

/** Denies the request for this reason; an effect may prepare for a repeated request. */
export function denied(
  message: string,
  effects: readonly Effect[] = [],
): AdmissionResponse & { allowed: false } {
  return { allowed: false, message, effects };
}
