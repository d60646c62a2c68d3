// The `serin.dev/` keys on objects; the annotations that people write are in plan/.

/** The label by which native control distinguishes the pods of its ReplicaSets. */
export const HASH_LABEL = "pod-template-hash";
/**
 * On Deployment, Services and routes in flight, and on a Canary of Flagger during a switch-over: original fields, as readable JSON.
 */
export const HELD = "serin.dev/held";
/** On a ReplicaSet: the record of the rollout that judged it. */
export const RUN = "serin.dev/run";
/** Label on a ReplicaSet with a record, at rest too: how its last rollout ended. Nothing of Serin reads it. */
export const VERDICT = "serin.dev/verdict";
/** Label on every object in flight. The controller watches no others. Its value is the Deployment's UID. */
export const FLIGHT = "serin.dev/flight";
/** On a canary Service: the keys that Serin copied from the user's Service. */
export const COPIED = "serin.dev/copied";
/** On a Service, by its owner: with "false", Serin does not change it (for example for metrics). */
export const ISOLATE = "serin.dev/isolate";
/** On a Deployment for some seconds: a ConfigMap or Secret that it uses has changed (tracking/pending.ts). */
export const CHANGED = "serin.dev/changed";
/** On a pod template: the changes of ConfigMaps and Secrets that started this version. */
export const CONFIG = "serin.dev/config";
/** Label on a ConfigMap or Secret, by its owner: "true" makes a change of it a canary. On a Deployment: part of the plan. */
export const TRACK = "serin.dev/track";
/** The type of the condition in the Deployment's status. */
export const CONDITION = "Canary";

/** A JSON pointer to an annotation. */
export function annotationPath(key: string): string {
  return `/metadata/annotations/${pointer(key)}`;
}

/** A JSON pointer to a label. */
export function labelPath(key: string): string {
  return `/metadata/labels/${pointer(key)}`;
}

function pointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
