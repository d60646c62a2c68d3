import type { Deployment } from "../../kube/core/workloads.ts";
import { CONFIG, FLIGHT } from "../keys.ts";
import { PREFIX } from "../plan/annotation.ts";
import { annotations } from "../plan/annotations.ts";
import { isOptedIn } from "../plan/plan.ts";

/**
 * Warns of Serin's keys at places where nothing reads them, when a request brings them there. Without the opt-in, only a
 * misplaced opt-in matters.
 */
export function misplacedWarnings(requested: Deployment, old: Deployment | undefined): readonly string[] {
  const known = new Set(old === undefined ? [] : placesOf(old));
  const optedIn = isOptedIn(requested.metadata.annotations);
  return placesOf(requested)
    .filter((place) => !known.has(place) && (optedIn || place.includes(annotations.strategy.key)))
    .map((place) => `nothing reads ${place}: set it as an annotation of the Deployment itself`);
}

/** `the annotation serin.dev/steps of the pod template`, for each such key. */
function placesOf({ metadata, spec }: Deployment): readonly string[] {
  // Only the API server's own objects are sure to have a template.
  const { annotations: given, labels } = spec.template?.metadata ?? {};
  return [
    ...own(metadata.labels, FLIGHT).map((key) => `the label ${key}`),
    ...own(given, CONFIG).map((key) => `the annotation ${key} of the pod template`),
    ...own(labels).map((key) => `the label ${key} of the pod template`),
  ];
}

function own(map: Readonly<Record<string, string>> | undefined, except?: string): readonly string[] {
  return Object.keys(map ?? {}).filter((key) => key.startsWith(PREFIX) && key !== except);
}
