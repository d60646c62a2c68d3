import { type Condition, conditionOf } from "../../kube/core/meta.ts";
import type { Deployment, LabelSelector } from "../../kube/core/workloads.ts";
import type { Lease } from "../../kube/runtime/lease.ts";
import { isKnownController, refusalOf } from "../../rollout/gateways/lookup.ts";
import { selects } from "../../rollout/traffic/isolation.ts";
import { formatAge } from "../frame/age.ts";
import type { Finding } from "../lint/finding.ts";
import type { DryRun } from "../preflight/findings.ts";
import { INSTALL } from "./configuration.ts";

/** Whether the pods of Serin's Deployments serve, and run the version of this program. */
export function aboutPrograms(found: readonly Deployment[], version: string): readonly Finding[] {
  if (found.length === 0)
    return [{ kind: "bad", where: "programs", says: `no Deployment of Serin's exists there; ${INSTALL}` }];
  return found.map(({ metadata, spec, status }) => {
    const where = `deployment/${metadata.name}`;
    const [available, wanted] = [status?.availableReplicas ?? 0, spec.replicas ?? 1];
    const refused = refusalIn(status?.conditions);
    const image = String(spec.template.spec?.containers?.[0]?.image ?? "");
    if (available === 0)
      return {
        kind: "bad",
        where,
        says: `no pod is available: ${refused ?? `kubectl describe deployment/${metadata.name} -n ${metadata.namespace}`}`,
      };
    const says = `${available} of ${wanted} pods are available, image ${image}`;
    if (refused !== undefined) return { kind: "warning", where, says: `${says}: ${refused}` };
    const others = found.filter((one) => one.metadata.name !== metadata.name && takes(spec.selector, one));
    if (others.length > 0)
      return {
        kind: "warning",
        where,
        says:
          `${says}; its selector also takes the pods of ${others.map((one) => one.metadata.name).join(", ")}: an overlay's ` +
          "commonLabels, or labels with includeSelectors, must leave app.kubernetes.io/name as it is",
      };
    const tag = /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1];
    if (tag !== undefined && /^\d+\.\d+\.\d+$/.test(tag) && tag !== version)
      return {
        kind: "warning",
        where,
        says: `${says}; this program is ${version}, so install the same version`,
      };
    return { kind: available < wanted ? "warning" : "good", where, says };
  });
}

/** Whether the namespace is Serin's alone; `others` are the Deployments there that are not Serin's. */
export function aboutNamespace(namespace: string, others: readonly string[]): readonly Finding[] {
  const [first] = others;
  if (first === undefined) return [];
  const says =
    `it has other Deployments, such as ${first}, and the API server takes every ServiceAccount there for Serin's, so no webhook ` +
    "checks what these accounts write; give Serin a namespace of its own";
  return [{ kind: "warning", where: `namespace ${namespace}`, says }];
}

/** Why the API server refuses pods, in its words: a quota or a limit of the namespace. */
function refusalIn(conditions: readonly Condition[] | undefined): string | undefined {
  const failure = conditionOf(conditions, "ReplicaFailure");
  return failure?.status === "True" ? failure.message : undefined;
}

/** Whether a selector takes a Deployment's pods. Such a budget or spread would count the pods of both. */
function takes({ matchLabels = {} }: LabelSelector, { spec }: Deployment): boolean {
  return selects(matchLabels, spec.template);
}

/** Whether a controller leads. */
export function aboutLeader(lease: Lease | undefined, now: number): Finding {
  const where = "leader";
  const { holderIdentity, renewTime, leaseDurationSeconds = 0 } = lease?.spec ?? {};
  if (!holderIdentity || renewTime === undefined)
    return {
      kind: "bad",
      where,
      says: "no controller leads, so rollouts stand still; see the controller's logs",
    };
  const ageMs = now - Date.parse(renewTime);
  if (ageMs > 3 * leaseDurationSeconds * 1000)
    return {
      kind: "bad",
      where,
      says: `${holderIdentity} led last, ${formatAge(ageMs)} ago, and nobody since; see the controller's logs`,
    };
  return { kind: "good", where, says: `${holderIdentity} leads` };
}

/** Whether the Service of Prometheus exists; `undefined`: the address is not that of a Service. */
export function aboutPrometheus(url: URL, exists: boolean | undefined): Finding {
  const where = "Prometheus";
  const at = url.href.replace(/\/$/, "");
  if (exists === undefined)
    return {
      kind: "good",
      where,
      says: `the controller reads ${at}, which is not a Service, so it was not checked`,
    };
  if (exists) return { kind: "good", where, says: `the controller reads ${at}, whose Service exists` };
  return {
    kind: "bad",
    where,
    says: `the controller reads ${at}, whose Service does not exist, so every rollout would hold; set the controller's --prometheus (in the chart: prometheus.address)`,
  };
}

/** A GatewayClass, with its implementation. */
export interface GatewayClass {
  readonly name: string;
  readonly controller: string;
}

/** Whether Serin knows the gateways; `undefined`: the Gateway API is not installed. */
export function aboutGateways(classes: readonly GatewayClass[] | undefined): readonly Finding[] {
  const where = "gateways";
  if (classes === undefined || classes.length === 0) {
    const what = classes === undefined ? "the Gateway API is not installed" : "no GatewayClass exists";
    return [{ kind: "warning", where, says: `${what}, so a canary's share follows its pods, uncompared` }];
  }
  return classes.map(({ name, controller }) => {
    const refusal = refusalOf(controller);
    if (refusal !== undefined) return { kind: "warning", where: `gatewayclass/${name}`, says: refusal };
    return isKnownController(controller)
      ? { kind: "good", where: `gatewayclass/${name}`, says: controller }
      : {
          kind: "warning",
          where: `gatewayclass/${name}`,
          says: `Serin does not know ${controller} and assumes how fast it follows a change; if it needs longer, annotate such as serin.dev/settle: 30s`,
        };
  });
}

/** What became of a dry run of another version of an opted-in Deployment; an Error: no webhook answered. */
export function aboutAnswer(
  asked: { readonly namespace: string; readonly name: string; readonly answer: DryRun | Error } | undefined,
): Finding {
  if (asked === undefined)
    return {
      kind: "warning",
      where: "admission",
      says: "not tried: no Deployment that you may see is opted in",
    };
  const { namespace, name, answer } = asked;
  const where = `admission of deployment/${name} -n ${namespace}`;
  if (answer instanceof Error)
    return { kind: "bad", where, says: `the API server does not reach Serin's webhook: ${answer.message}` };
  if ("refusal" in answer)
    return {
      kind: "warning",
      where,
      says: `Serin answers, and refuses a new version: ${answer.refusal.replace(/^serin: /, "")}`,
    };
  const isAnswered = answer.warnings.some((one) => one.startsWith("serin"));
  return isAnswered
    ? { kind: "good", where, says: "Serin answers to a new version (dry run)" }
    : {
        kind: "bad",
        where,
        says: "the API server does not ask Serin: the webhook's conditions or selectors leave it out",
      };
}
