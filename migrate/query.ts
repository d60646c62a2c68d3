/** A query for Serin, and what a person should know of it. */
export interface RewrittenQuery {
  readonly query: string;
  /** What was replaced, and by what. */
  readonly changes: readonly string[];
  /** Places that still name the target, which with Serin has the pods of both versions. */
  readonly open: readonly string[];
}

const GAP = String.raw`\{\{-?\s*target\s*-?\}\}`;
/** Istio's label of the workload: the rival's target runs the canary alone, and Serin's canary has a Service of its own. */
const WORKLOAD = new RegExp(String.raw`\bdestination_workload\s*=~?\s*"${GAP}"`, "g");
/** Labels of pods, whose names begin with that of their ReplicaSet. */
const PODS = new RegExp(
  String.raw`\b(pod|pod_name|kubernetes_pod_name)\s*=~\s*"${GAP}(?!-canary|-primary)[^"]*"`,
  "g",
);
/** The canary Service has the same name with Flagger and with Serin. */
const OPEN = new RegExp(String.raw`[^\s,{(]{0,40}${GAP}(?!-canary)[^\s,})]{0,12}`, "g");
const INGRESS = /\{\{-?\s*(?:ingress|route)\s*-?\}\}/;

/** What makes a query of Serin's measure one version: the canary Service, or the canary's pods. */
const OF_CANARY = /\{\{-?\s*(?:service|target)\s*-?\}\}-canary|\{\{-?\s*replicaset\s*-?\}\}/;

/** The sentence about a template whose query may measure both versions, or the stable one; `undefined` if it names the canary. */
export function versionsIn(template: string, query: string): string | undefined {
  return OF_CANARY.test(query)
    ? undefined
    : `template ${template}: check that its query selects the canary: by "{{ service }}-canary" or by pod=~"{{ replicaset }}-.*"`;
}

/**
 * Makes a query of Flagger's select the canary. With Flagger, `{{ target }}` runs the canary only, because the stable version is
 * another Deployment. With Serin, both versions are pods of one Deployment. What no rule covers stays as it is and is listed.
 */
export function rewriteQuery(query: string): RewrittenQuery {
  const changes: string[] = [];
  const replace = (text: string, pattern: RegExp, by: string) =>
    text.replace(pattern, (found: string, label: string | number) => {
      const put = by.replace("LABEL", String(label));
      changes.push(`${found} became ${put}`);
      return put;
    });
  const workloads = replace(query, WORKLOAD, 'destination_service_name="{{ service }}-canary"');
  const pods = replace(workloads, PODS, 'LABEL=~"{{ replicaset }}-.*"');
  const open = [...pods.matchAll(OPEN)].map(([found]) => found);
  const ingress = INGRESS.exec(pods)?.[0];
  return {
    query: pods,
    changes: [...new Set(changes)],
    open: [...new Set([...open, ...(ingress === undefined ? [] : [ingress])])],
  };
}
