import { deployments } from "../../kube/core/resources.ts";
import type { Deployment } from "../../kube/core/workloads.ts";
import type { OrderName } from "../../rollout/plan/orders.ts";
import { type Command, defineCommand } from "../frame/command.ts";
import { UsageError } from "../frame/failure.ts";
import { dryRun } from "../frame/kubectl-flags.ts";
import { eachNamed } from "./each.ts";
import { isTaken, orderAbout } from "./order.ts";
import { readTarget } from "./target.ts";

/** The Deployments that an ordering command takes. */
export const orderArguments = {
  name: "NAME",
  about: "The Deployments: web, deployment/web or deploy/web.",
  count: "some",
  complete: "deployments",
} as const;

/** The command that gives an order to what is in flight. */
export function orderCommandOf(
  name: OrderName,
  { about, more, does }: { readonly about: string; readonly more: string; readonly does: string },
): Command {
  return defineCommand({
    name,
    group: "Order",
    about,
    more,
    arguments: orderArguments,
    flags: { "dry-run": dryRun },
    examples: [[`${name} web`, does]],
    run: (call) =>
      eachNamed(call, async ({ kube, namespace, name: deployment, isDry }) => {
        const target = await readTarget(kube, namespace, deployment);
        const { key, value, says } = orderAbout(name, target, call.clock.now());
        // With the UID, the order strikes no Deployment of the same name that came meanwhile.
        const metadata = { uid: target.deployment.metadata.uid, annotations: { [key]: value } };
        const where = { namespace, name: deployment, dryRun: isDry };
        const after = await kube.mergePatch<Deployment>(deployments, where, { metadata });
        if (!isTaken(name, target, after)) throw new UsageError(notTaken(deployment, key, after));
        return says;
      }),
  });
}

/** Without an answer of the webhook, the API server stores the annotation, and nothing reads it. */
function notTaken(name: string, key: string, { metadata }: Deployment): string {
  if (!(key in (metadata.annotations ?? {})))
    return `deployment/${name} has changed meanwhile: look at it, then repeat`;
  return `deployment/${name}: Serin's webhook has not taken the order: kubectl serin doctor says why; kubectl annotate deployment/${name} ${key}- removes it`;
}
