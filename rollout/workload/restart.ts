import type { PodTemplate } from "../../kube/core/workloads.ts";
import { sameTemplate } from "./template.ts";

/**
 * The name of a key, without its domain, that asks for a restart: `restartedAt`, as kubectl, or `last-restarted`. After other
 * words, it must say that or when it happened: `auto-restart` is a setting.
 */
const RESTART =
  /^(restart|redeploy)$|(^|[-_.]|last)(restart|redeploy)(ed|(ed)?[-_]?(at|on|date|time|timestamp))$/i;
/** What Rancher writes. */
const RANCHER = "cattle.io/timestamp";

/**
 * Whether the only difference is a restart, as `kubectl rollout restart` and other tools write it into the annotations. The
 * console of Tencent's clusters writes it into the labels.
 */
export function onlyRestarted(a: PodTemplate, b: PodTemplate): boolean {
  return !sameTemplate(a, b) && sameTemplate(withoutRestart(a), withoutRestart(b));
}

function withoutRestart(template: PodTemplate): PodTemplate {
  const { annotations, labels } = template.metadata ?? {};
  return {
    ...template,
    metadata: { ...template.metadata, annotations: kept(annotations), labels: kept(labels) },
  };
}

function kept(keys: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(keys ?? {}).filter(([key]) => !isRestart(key)));
}

function isRestart(key: string): boolean {
  return key === RANCHER || RESTART.test(key.slice(key.indexOf("/") + 1));
}
