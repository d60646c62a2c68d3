import { templatesFrom } from "../../evidence/templates.ts";
import type { Kube } from "../../kube/client/api.ts";
import { isForbidden } from "../../kube/client/errors.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { ProviderError } from "../../providers/provider.ts";
import type { Check } from "../../rollout/plan/checks.ts";
import type { Cluster } from "../frame/cluster.ts";
import type { Finding } from "../lint/finding.ts";
import { homeOfSerin, readController, templateNamespacesOf } from "../reading/serin.ts";

/**
 * Whether the metric template of each such check exists and is valid: without it, a rollout waits at its first step. Throws a
 * ProviderError where the reader may not read it, and else as Kube does.
 */
export async function aboutTemplates(
  { kube, namespace }: Pick<Cluster, "kube" | "namespace">,
  clock: Clock,
  checks: readonly Check[],
): Promise<readonly Finding[]> {
  const named = checks.filter((check) => check.metric === "template");
  if (named.length === 0) return [];
  const home = await homeOfSerin(kube);
  const trusted = templateNamespacesOf(await readController(kube));
  const read = templatesFrom({ kube: asReader(kube), namespace: home, trusted, clock });
  return Promise.all(
    named.map(async ({ name, text }): Promise<Finding> => {
      const found = await read(namespace, name);
      const where = `check ${text}`;
      return "problems" in found
        ? { kind: "bad", where, says: found.problems.join("; ") }
        : { kind: "good", where, says: `judged by the metric template ${name}` };
    }),
  );
}

/** `templatesFrom` would say of a right that the reader lacks that Serin lacks it. */
function asReader(kube: Kube): Pick<Kube, "get"> {
  return {
    get: (resource, name) =>
      kube.get<never>(resource, name).catch((cause: unknown) => {
        throw isForbidden(cause) ? new ProviderError(messageOf(cause), { cause }) : cause;
      }),
  };
}
