import { anyOf, literal } from "./pattern.ts";

/** Kubernetes cuts a generated name to this length before it adds five letters. */
const kept = 58;
const random = "[a-z0-9]{5}";

/**
 * The beginning of a ReplicaSet's pod names: all but the five random letters. Kubernetes cuts the hash off very long names.
 * Then two versions have the same stem, and Serin cannot use their series.
 */
export function podStem(replicaSet: string): string {
  return `${replicaSet}-`.slice(0, kept);
}

/** The longest name of a Deployment whose pods' names have a part of the hash of their version. */
export const LONGEST_NAME = kept - 2;

/** The stem of a pod's name. */
export function stemOf(pod: string): string {
  return pod.slice(0, -5);
}

/** A pattern for the names of these ReplicaSets' pods. */
export function podPattern(replicaSets: readonly string[]): string {
  return anyOf(replicaSets.map((name) => literal(podStem(name)))) + random;
}
