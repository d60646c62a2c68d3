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

/**
 * The longest name of a Deployment whose pods' names tell its versions apart: the dash and five letters of the hash stay. A
 * hash is a decimal number below 2^32 in other letters, so its first one is mostly one of three, and each further one is
 * one of ten. Two hashes have the same first letter with a chance of 21 %, the same five with 21 % / 10^4 = 0.002 %.
 */
export const LONGEST_NAME = kept - 6;

/** The stem of a pod's name. */
export function stemOf(pod: string): string {
  return pod.slice(0, -5);
}

/** A pattern for the names of these ReplicaSets' pods. */
export function podPattern(replicaSets: readonly string[]): string {
  return anyOf(replicaSets.map((name) => literal(podStem(name)))) + random;
}
