import type { Deployment } from "../../kube/core/workloads.ts";
import { type AdmissionResponse, denied, withWarnings } from "../admission/answer.ts";
import { telling, type Wish } from "../plan/notify.ts";
import { formatProblem, type Problem, unknown } from "../text/parse.ts";
import { nearest } from "../text/suggest.ts";
import { holdRecordOf } from "../workload/hold-record.ts";
import { planOf } from "../workload/plan-of.ts";
import type { NotifyConfiguration } from "./configuration.ts";
import { servesNamespace } from "./listeners.ts";
import { tellsOf } from "./receivers.ts";

const { key } = telling.notify;

/** Whether an answer depends on the receivers: a Deployment names others, or a rollout begins with those that it names. */
export function needsReceivers(answer: AdmissionResponse, old: Deployment | null): boolean {
  if (!answer.allowed || holdRecordOf(answer.object)?.phase === "undone") return false;
  return (
    (changes(answer.object, old) || begins(answer.object, old)) && (wishesOf(answer.object)?.length ?? 0) > 0
  );
}

/**
 * The same answer, or a refusal if the request names a receiver that does not exist or does not serve the namespace. A rollout
 * that begins with a name from before, or from a profile or a namespace, is only warned of: no rollout waits for a notice.
 */
export function checkReceivers(
  answer: AdmissionResponse,
  old: Deployment | null,
  configuration: NotifyConfiguration,
): AdmissionResponse {
  if (!answer.allowed) return answer;
  const { object } = answer;
  const { namespace = "" } = object.metadata;
  const problems = (wishesOf(object) ?? []).flatMap(
    (wish) => problemWith(wish, namespace, configuration) ?? [],
  );
  const lines = problems.map((one) => formatProblem(one, key));
  if (lines.length === 0) return answer;
  return changes(object, old)
    ? denied(lines.join("\n"))
    : withWarnings(
        answer,
        lines.map((line) => `${line}; nobody hears of it there`),
      );
}

function wishesOf(object: Deployment): readonly Wish[] | undefined {
  return planOf(object).notify;
}

function changes(object: Deployment, old: Deployment | null): boolean {
  const present = object.metadata.annotations?.[key];
  return present !== undefined && present !== old?.metadata.annotations?.[key];
}

function begins(object: Deployment, old: Deployment | null): boolean {
  const held = holdRecordOf(object);
  return held !== undefined && held.started !== (old && holdRecordOf(old)?.started);
}

function problemWith(
  { receiver: name, moment }: Wish,
  namespace: string,
  { receivers }: NotifyConfiguration,
): Problem | undefined {
  // The names of receivers of other namespaces are not told.
  const own = receivers.filter((receiver) => servesNamespace(receiver, namespace));
  const found = own.find((receiver) => receiver.name === name);
  const names = own.map((receiver) => receiver.name);
  if (found === undefined) {
    const use =
      names.length > 0
        ? `use one of ${names.join(", ")}`
        : "remove it: the administrator gave this namespace no receiver";
    return unknown(`receiver ${name}`, nearest(name, names), use);
  }
  const tells = tellsOf(found);
  if (moment === undefined || tells.includes(moment)) return undefined;
  return { what: `${found.type} receivers do not tell ${moment}`, use: `use one of ${tells.join(", ")}` };
}
