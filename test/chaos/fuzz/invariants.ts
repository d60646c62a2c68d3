import { isDeepStrictEqual } from "node:util";
import type { Operation } from "fast-json-patch";
import jsonpatch from "fast-json-patch";
import type { Meta } from "../../../kube/core/meta.ts";
import type { Route } from "../../../kube/core/routes.ts";
import type { Service } from "../../../kube/core/services.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { CHANGED, HASH_LABEL, HELD, RUN } from "../../../rollout/keys.ts";
import { isRecord } from "../../../rollout/text/parse.ts";
import { overlay, restoreRoute } from "../../../rollout/traffic/overlay.ts";
import { homeOf, routeRecordOf } from "../../../rollout/traffic/route-record.ts";
import { hasSchemaShape } from "../../../rollout/traffic/schema-shape.ts";
import { serviceRecordOf } from "../../../rollout/traffic/service-record.ts";
import { wantedPorts } from "../../../rollout/traffic/target-ports.ts";
import { isHeld } from "../../../rollout/workload/hold.ts";
import type { HoldRecord } from "../../../rollout/workload/hold-record.ts";
import { annotation, differences, holdRecordIn, isDecodable, label, parse } from "./objects.ts";

/** An answer of the webhook. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Asked<T = { metadata: Meta }> {
  readonly uid: string;
  readonly object: T;
  readonly oldObject: T | null;
}

/** The surroundings of the webhook when it answered. */
export interface Around {
  /** The hashes of the Deployment's ReplicaSets. */
  readonly stables: readonly string[];
  /** The webhook's clock when the review was sent and when it was answered, in ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** The Deployments that the API server stores. */
  readonly deployments: readonly Deployment[];
}

/** The annotations of a Deployment that Serin drops or keeps, whatever the request contains. */
const OWN_KEYS = [HELD, RUN, CHANGED, "serin.dev/promote", "serin.dev/abort", "serin.dev/retry"];

/**
 * The complaints about an answer; none if it is right. Every answer is a 4xx with a reason, or a review that names its
 * request and refuses with a message or allows with a patch that fits the request's object. The stored object then:
 * - equals the requested one, except for Serin's own parts;
 * - has no record at rest, whatever the request contained, unless a rollout begins in this very answer;
 * - keeps its record in flight, and with it the hold, the isolated selector or the shares.
 */
export function complaints(sent: string, { status, body }: Answer, around: Around): string[] {
  if (status >= 400 && status < 500) return isRecord(parse(body)) ? [] : [`${status} without a reason`];
  if (status !== 200) return [`status ${status}: ${body}`];
  const { request } = parse(sent) as { request: Asked & { operation: string } };
  const { response } = parse(body) as { response: Record<string, unknown> };
  if (response.uid !== request.uid) return ["another request's uid"];
  if (response.allowed === false) {
    const { message } = response.status as { message?: unknown };
    if (typeof message !== "string" || response.patch !== undefined) return ["refused without a reason"];
    return message.includes("could not decide") && isSent(request) ? [message] : [];
  }
  if (response.allowed !== true) return ["neither allowed nor refused"];
  const { object } = (parse(sent) as { request: Asked }).request;
  const stored = patched(object, response.patch);
  // No object that an API server has decoded has this key in a field that Serin patches, and the library never sets it.
  if (stored === undefined) return sent.includes('"__proto__"') ? [] : ["a patch that does not fit"];
  // A creation has no old object, whatever the review contains.
  const oldObject = request.operation === "CREATE" ? null : request.oldObject;
  const byBody = judge({ ...request, oldObject }, stored, around);
  // Serin believes the API server and not the body, if the body's old object has the stored version and other content.
  const live = around.deployments.find(({ metadata: { uid, resourceVersion } }) => {
    const old = oldObject?.metadata;
    return old?.resourceVersion !== undefined && uid === old.uid && resourceVersion === old.resourceVersion;
  });
  const byLive = live === undefined ? byBody : judge({ ...request, oldObject: live }, stored, around);
  return byLive.length === 0 ? [] : byBody;
}

/** Whether an API server sends such objects: of the same namespace, and only the requested one may break its schema. */
function isSent({ object, oldObject, namespace }: Asked & { readonly namespace?: string }): boolean {
  const isRoute = (object as { kind?: string }).kind?.endsWith("Route") ?? false;
  return (
    [object, oldObject].every(
      (each) => each === null || (isDecodable(each) && each.metadata.namespace === namespace),
    ) &&
    (!isRoute || oldObject === null || hasSchemaShape(oldObject as Route))
  );
}

function judge(request: Asked, stored: object, around: Around): string[] {
  // An API server decodes each object before it stores it, so it refuses this one after Serin.
  if (!isDecodable(request.object) || !isDecodable(request.oldObject)) return [];
  // It also refuses an update with another UID.
  if (request.oldObject !== null && uidOf(request.object) !== uidOf(request.oldObject)) return [];
  const kind = (request.object as { kind?: string }).kind;
  if (kind === "Deployment")
    return judgeDeployment(request as Asked<Deployment>, stored as Deployment, around);
  if (kind === "Service") return judgeService(request as Asked<Service>, stored as Service);
  if (kind === "HTTPRoute" || kind === "GRPCRoute")
    return judgeRoute(request as Asked<Route>, stored as Route);
  return isDeepStrictEqual(stored, request.object) ? [] : ["a changed ConfigMap"];
}

function uidOf(object: object): string | undefined {
  return (object as { metadata?: Meta }).metadata?.uid;
}

function judgeDeployment({ object, oldObject: old }: Asked<Deployment>, stored: Deployment, around: Around) {
  const fields = ["minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit", "strategy", "paused"];
  const wrong = differences(object, stored, OWN_KEYS, fields);
  const [was, is] = [annotation(old, HELD), annotation(stored, HELD)];
  if (annotation(stored, RUN) !== annotation(old, RUN)) wrong.push("a run record from the request");
  if (annotation(stored, CHANGED) !== undefined && annotation(stored, CHANGED) !== annotation(old, CHANGED))
    wrong.push("a mark from the request");
  const before = was === undefined ? undefined : holdRecordIn(was);
  // The stored text was never Serin's: no answer writes it.
  if (was !== undefined && before === undefined) return wrong;
  if (is === undefined) {
    if (before !== undefined) wrong.push("the record is lost");
    if (label(stored) !== label(old) && label(stored) !== undefined) wrong.push("a mark without a record");
    if (isHeld(stored.spec) && !isHeld(object.spec)) wrong.push("a hold without a record");
    return wrong;
  }
  const now = holdRecordIn(is);
  if (now === undefined) return [...wrong, `no record: ${is}`];
  if (label(stored) !== (old?.metadata.uid ?? "")) wrong.push("a record without its mark");
  if (before === undefined) return [...wrong, ...judgeBegin(now, stored, old, around)];
  return [...wrong, ...judgeInFlight(now, before, stored, old as Deployment, around)];
}

function judgeBegin(now: HoldRecord, stored: Deployment, old: Deployment | null, around: Around): string[] {
  const begins = old !== null && !isDeepStrictEqual(stored.spec.template, old.spec.template);
  return [
    ...(begins ? [] : ["a record without a new version"]),
    ...(now.phase === "canary" && isRecent(now, around)
      ? []
      : [`a rollout that did not begin now: ${JSON.stringify(now)}`]),
    ...(around.stables.includes(now.stable) ? [] : [`an unknown stable version: ${now.stable}`]),
    ...(isHeld(stored.spec) ? [] : ["a record without a hold"]),
  ];
}

function judgeInFlight(
  now: HoldRecord,
  before: HoldRecord,
  stored: Deployment,
  old: Deployment,
  around: Around,
): string[] {
  const wrong: string[] = [];
  const same = now.started === before.started;
  // A stored record may be from later than now, as by another webhook's clock: the next rollout begins right after it.
  const follows = Date.parse(now.started) === Date.parse(before.started) + 1;
  if (!same && !follows && !isRecent(now, around)) wrong.push("a rollout of another time");
  if (same && now.phase !== before.phase && now.phase !== "undone")
    wrong.push(`${before.phase} became ${now.phase}`);
  if (!same && now.phase !== "canary") wrong.push(`began as ${now.phase}`);
  if (now.stable !== before.stable && before.phase !== "promoting") wrong.push("another stable version");
  const holds = now.phase === "canary" || now.phase === "failed";
  if (holds && isHeld(old.spec) && !isHeld(stored.spec)) wrong.push("the hold is lost");
  if (now.latched && stored.spec.paused !== true) wrong.push("superseding without a pause");
  return wrong;
}

function judgeService({ object, oldObject: old }: Asked<Service>, stored: Service): string[] {
  const before = old === null ? undefined : serviceRecordOf(old);
  const hash = old?.spec.selector?.[HASH_LABEL];
  if (before === undefined || hash === undefined) return [];
  const wrong = differences(withTargets(object), withTargets(wanted(stored)), [HELD], ["selector"]);
  const is = annotation(stored, HELD);
  const { [HASH_LABEL]: isolated, ...selector } = stored.spec.selector ?? {};
  if (is === undefined && label(stored) === undefined && isolated === undefined) {
    // The user has pointed the Service at other pods.
    return isDeepStrictEqual(selector, before.selector) ? [...wrong, "no longer isolated"] : wrong;
  }
  if (serviceRecordOf(stored)?.since !== before.since) wrong.push("the record is lost");
  if (label(stored) !== (label(old) ?? "")) wrong.push("the mark is lost");
  if (isolated !== hash) wrong.push("no longer isolated");
  return wrong;
}

/** The Service with the ports that the user wants: until the promotion, Serin stores those of the stable version. */
function wanted(service: Service): Service {
  if (!Array.isArray(service.spec.ports) || !service.spec.ports.every(isRecord)) return service;
  return { ...service, spec: { ...service.spec, ports: wantedPorts(service) } };
}

/** The same with the target port that an API server adds before it asks. */
function withTargets(service: Service): Service {
  if (!Array.isArray(service.spec.ports) || !service.spec.ports.every(isRecord)) return service;
  const ports = service.spec.ports.map((port) => ({ targetPort: port.port, ...port }));
  return { ...service, spec: { ...service.spec, ports } };
}

function judgeRoute({ object, oldObject: old }: Asked<Route>, stored: Route): string[] {
  // As for a Deployment: a text that is not a valid record was never Serin's.
  const before = old === null ? undefined : routeRecordOf(old);
  if (before === undefined) return [];
  // The API server refuses it for its schema after Serin.
  if (!hasSchemaShape(object)) return isDeepStrictEqual(stored, object) ? [] : ["changed, though not valid"];
  const wrong = differences(object, stored, [HELD], ["rules"]);
  const now = routeRecordOf(stored);
  if (now === undefined || !isDeepStrictEqual(now.shares, before.shares))
    return [...wrong, "the shares changed"];
  if (label(stored) !== (label(old) ?? "")) wrong.push("the mark is lost");
  const rules = stored.spec.rules ?? [];
  const again = overlay(restoreRoute(rules, now), now.shares, homeOf(old as Route));
  if (!isDeepStrictEqual(parse(JSON.stringify(again)), rules))
    wrong.push("rules that do not follow from the shares");
  return wrong;
}

function isRecent({ started }: HoldRecord, { from, to }: Around): boolean {
  return Date.parse(started) >= from && Date.parse(started) <= to;
}

function patched(object: object, patch: unknown): object | undefined {
  if (patch === undefined) return object;
  const operations = parse(Buffer.from(String(patch), "base64").toString()) as Operation[];
  try {
    return jsonpatch.applyPatch(object, operations, true).newDocument;
  } catch {
    return undefined;
  }
}
