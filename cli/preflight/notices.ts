import { isForbidden } from "../../kube/client/errors.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { readReceiverNames, readSecretValues } from "../../notices/read-notifications.ts";
import { type NotifyConfiguration, usesSecret } from "../../rollout/notify/configuration.ts";
import { chosenFor, servesNamespace } from "../../rollout/notify/listeners.ts";
import { outgoingOf } from "../../rollout/notify/outgoing.ts";
import type { Receiver } from "../../rollout/notify/receivers.ts";
import { sampleNotice } from "../../rollout/notify/sample-notice.ts";
import { withSecret } from "../../rollout/notify/secret-values.ts";
import type { Wish } from "../../rollout/plan/notify.ts";
import { formatProblem } from "../../rollout/text/parse.ts";
import type { Cluster } from "../frame/cluster.ts";
import type { Finding } from "../lint/finding.ts";
import { homeOfSerin } from "../reading/serin.ts";
import { whyUnreachable } from "./reachable.ts";

const where = "notices";

/** What would keep a receiver from hearing of the rollouts of this Deployment. No rollout waits for it, so it is a warning. */
export async function aboutNotices(
  { kube, namespace }: Pick<Cluster, "kube" | "namespace">,
  wishes: readonly Wish[] | undefined,
  now: string,
): Promise<readonly Finding[]> {
  const place = { kube, namespace: await homeOfSerin(kube) };
  const configuration = await readReceiverNames(place);
  const chosen = chosenFor(configuration, { namespace, wishes });
  if (chosen.length === 0) return [{ kind: "good", where, says: "no receiver hears of this Deployment" }];
  const { known, unknown } = sorted(configuration, chosen, namespace);
  const secret = usesSecret({ ...configuration, receivers: known })
    ? await readSecretValues(place).catch((error: unknown) => {
        if (!isForbidden(error)) throw error;
        return messageOf(error);
      })
    : {};
  // Without the Secret, addresses that stand in it are not known either.
  if (typeof secret === "string")
    return [...unknown, { kind: "warning", where, says: `not checked: ${secret}` }];
  const found = await Promise.all(
    known.map(async (receiver): Promise<readonly string[]> => {
      const filled = withSecret(receiver, secret);
      if ("problems" in filled) return filled.problems.map((one) => formatProblem(one, "receivers"));
      const { url, proxy } = outgoingOf(filled.value, [sampleNotice(configuration, "promoted", now)]);
      const why = await whyUnreachable(new URL(proxy ?? url), place);
      return why === undefined ? [] : [`receiver ${receiver.name} (${receiver.type}): ${why}`];
    }),
  );
  const faults = found.flat().map((says): Finding => ({ kind: "warning", where, says }));
  const able = known.filter((_, i) => found[i]?.length === 0);
  const names = able.map(({ name, type }) => `${name} (${type})`).join(", ");
  return [...(able.length > 0 ? [{ kind: "good", where, says: names } as const] : []), ...unknown, ...faults];
}

/** The chosen receivers, each once, and what is wrong with the names of others. */
function sorted(
  { receivers }: NotifyConfiguration,
  chosen: readonly Wish[],
  namespace: string,
): { readonly known: readonly Receiver[]; readonly unknown: readonly Finding[] } {
  const names = [...new Set(chosen.map(({ receiver }) => receiver))];
  const known = receivers.filter((one) => names.includes(one.name) && servesNamespace(one, namespace));
  const unknown = names
    .filter((name) => !known.some((one) => one.name === name))
    .map((name): Finding => {
      const isForOthers = receivers.some((one) => one.name === name);
      const says = isForOthers
        ? `receiver ${name} does not serve the namespace ${namespace}`
        : `receiver ${name} does not exist or is not valid: kubectl serin notify list`;
      return { kind: "warning", where, says };
    });
  return { known, unknown };
}
