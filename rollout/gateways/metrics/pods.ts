import { anyOf, literal } from "./pattern.ts";

/** Kubernetes cuts a generated name to this length before it adds five letters. */
const kept = 58;
const random = "[a-z0-9]{5}";

/**
 * What the names of a ReplicaSet's pods begin with: all but the five random letters. Of very long names nothing is left of
 * the hash; then two versions have the same stem, and their series tell nothing.
 */
export function podStem(replicaSet: string): string {
  return `${replicaSet}-`.slice(0, kept);
}

/** The stem out of a pod's name. */
export function stemOf(pod: string): string {
  return pod.slice(0, -5);
}

/** A pattern for the names of these ReplicaSets' pods. */
export function podPattern(replicaSets: readonly string[]): string {
  return anyOf(replicaSets.map((name) => literal(podStem(name)))) + random;
}
