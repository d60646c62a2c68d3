import type { PodTemplate } from "../../kube/core/workloads.ts";
import { sameTemplate } from "./template.ts";

/** The name of an annotation, without its prefix, that asks for a restart: `restartedAt`, as kubectl, `redeploy-timestamp`. */
const RESTART = /^(restart|redeploy)(ed)?[-_]?(at|on|date|time|timestamp)?$/i;
/** What Rancher writes. */
const RANCHER = "cattle.io/timestamp";

/** Whether the only difference is a restart, as `kubectl rollout restart` and other tools write it into the annotations. */
export function onlyRestarted(a: PodTemplate, b: PodTemplate): boolean {
  return !sameTemplate(a, b) && sameTemplate(withoutRestart(a), withoutRestart(b));
}

function withoutRestart(template: PodTemplate): PodTemplate {
  const kept = Object.entries(template.metadata?.annotations ?? {}).filter(([key]) => !isRestart(key));
  return { ...template, metadata: { ...template.metadata, annotations: Object.fromEntries(kept) } };
}

function isRestart(key: string): boolean {
  return key === RANCHER || RESTART.test(key.slice(key.indexOf("/") + 1));
}
