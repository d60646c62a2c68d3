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
import { homeOf, type RouteRecord, routeRecordOf } from "../../../rollout/traffic/route-record.ts";
import { serviceRecordOf } from "../../../rollout/traffic/service-record.ts";
import { isHeld } from "../../../rollout/workload/hold.ts";
import type { HoldRecord } from "../../../rollout/workload/hold-record.ts";
import { annotation, differences, heldIn, isDecodable, label, parse, recordIn } from "./objects.ts";

/** An answer of the webhook's. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Asked<T = { metadata: Meta }> {
  readonly uid: string;
  readonly object: T;
  readonly oldObject: T | null;
}

/** What the webhook saw beside the review. */
export interface Around {
  /** The hashes of the Deployment's ReplicaSets. */
  readonly stables: readonly string[];
  /** Its clock when the review was sent and when it was answered, in ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Those annotations of a Deployment that Serin drops or keeps, whatever the request says of them. */
const OURS = [HELD, RUN, CHANGED, "serin.dev/promote", "serin.dev/abort", "serin.dev/retry"];

/**
 * What is wrong with an answer; nothing if all is well. Every answer is a 4xx with a reason or a review that names its
 * request, refuses with a message, or allows with a patch that fits the request's object. What is then stored:
 * - is the request's but for what is Serin's;
 * - at rest has no record, whatever the request brought, but that of a rollout that begins in this very answer;
 * - in flight keeps its record, and with it the hold, the narrowed selector or the flights.
 */
export function complaints(sent: string, { status, body }: Answer, around: Around): string[] {
  if (status >= 400 && status < 500) return isRecord(parse(body)) ? [] : [`${status} without a reason`];
  if (status !== 200) return [`status ${status}: ${body}`];
  const { request } = parse(sent) as { request: Asked & { operation: string } };
  const { response } = parse(body) as { response: Record<string, unknown> };
  if (response.uid !== request.uid) return ["another request's uid"];
  if (response.allowed === false) {
    const { message } = response.status as { message?: unknown };
    return typeof message === "string" && response.patch === undefined ? [] : ["refused without a reason"];
  }
  if (response.allowed !== true) return ["neither allowed nor refused"];
  const { object } = (parse(sent) as { request: Asked }).request;
  const stored = patched(object, response.patch);
  // Nothing that an API server has decoded has such a key in a field of ours, and the library does not set it.
  if (stored === undefined) return sent.includes('"__proto__"') ? [] : ["a patch that does not fit"];
  // Whatever stands there: there is none at a creation.
  const oldObject = request.operation === "CREATE" ? null : request.oldObject;
  return judge({ ...request, oldObject }, stored, around);
}

function judge(request: Asked, stored: object, around: Around): string[] {
  // An API server decodes what it stores: what cannot be so is refused after us.
  if (!isDecodable(request.object) || !isDecodable(request.oldObject)) return [];
  // Nor does it store an update of another UID.
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
  const fields = ["minReadySeconds", "progressDeadlineSeconds", "strategy", "paused"];
  const wrong = differences(object, stored, OURS, fields);
  const [was, is] = [annotation(old, HELD), annotation(stored, HELD)];
  if (annotation(stored, RUN) !== annotation(old, RUN)) wrong.push("a record of a run from the request");
  if (annotation(stored, CHANGED) !== undefined && annotation(stored, CHANGED) !== annotation(old, CHANGED))
    wrong.push("a mark from the request");
  const before = was === undefined ? undefined : heldIn(was);
  // What is stored was never Serin's: it cannot come from an answer.
  if (was !== undefined && before === undefined) return wrong;
  if (is === undefined) {
    if (before !== undefined) wrong.push("the record is lost");
    if (label(stored) !== label(old) && label(stored) !== undefined) wrong.push("a mark without a record");
    if (isHeld(stored.spec) && !isHeld(object.spec)) wrong.push("a hold without a record");
    return wrong;
  }
  const now = heldIn(is);
  if (now === undefined) return [...wrong, `no record: ${is}`];
  if (label(stored) !== (old?.metadata.uid ?? "")) wrong.push("a record without its mark");
  if (before === undefined) return [...wrong, ...judgeBegin(now, stored, old, around)];
  return [...wrong, ...judgeFlight(now, before, stored, old as Deployment, around)];
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

function judgeFlight(
  now: HoldRecord,
  before: HoldRecord,
  stored: Deployment,
  old: Deployment,
  around: Around,
): string[] {
  const wrong: string[] = [];
  const same = now.started === before.started;
  if (!same && !isRecent(now, around)) wrong.push("a rollout of another time");
  if (same && now.phase !== before.phase && now.phase !== "undone")
    wrong.push(`${before.phase} became ${now.phase}`);
  if (!same && now.phase !== "canary") wrong.push(`began as ${now.phase}`);
  if (now.stable !== before.stable && before.phase !== "promoting") wrong.push("another stable version");
  const holds = now.phase === "canary" || now.phase === "failed";
  if (holds && isHeld(old.spec) && !isHeld(stored.spec)) wrong.push("the hold is lost");
  if (now.latched && stored.spec.paused !== true) wrong.push("a latch without a pause");
  return wrong;
}

function judgeService({ object, oldObject: old }: Asked<Service>, stored: Service): string[] {
  const before = old === null ? undefined : serviceRecordOf(old);
  const hash = old?.spec.selector?.[HASH_LABEL];
  if (before === undefined || hash === undefined) return [];
  const wrong = differences(object, stored, [HELD], ["selector"]);
  const is = annotation(stored, HELD);
  const { [HASH_LABEL]: narrowed, ...selector } = stored.spec.selector ?? {};
  if (is === undefined && label(stored) === undefined && narrowed === undefined) {
    // It is for other pods from now on.
    return isDeepStrictEqual(selector, before.selector) ? [...wrong, "no longer narrowed"] : wrong;
  }
  if (serviceRecordOf(stored)?.since !== before.since) wrong.push("the record is lost");
  if (label(stored) !== (label(old) ?? "")) wrong.push("the mark is lost");
  if (narrowed !== hash) wrong.push("no longer narrowed");
  return wrong;
}

function judgeRoute({ object, oldObject: old }: Asked<Route>, stored: Route): string[] {
  // As for a Deployment: what does not read as a record was never Serin's.
  const before = old === null ? undefined : routeRecordOf(old);
  if (before === undefined) return [];
  const wrong = differences(object, stored, [HELD], ["rules"]);
  // With whatever the request has in its rules: what is no backend there, the API server refuses after us.
  const now = recordIn(annotation(stored, HELD)) as RouteRecord | undefined;
  if (now === undefined || !isDeepStrictEqual(now.shares, before.shares))
    return [...wrong, "the flights changed"];
  if (label(stored) !== (label(old) ?? "")) wrong.push("the mark is lost");
  const rules = stored.spec.rules ?? [];
  const again = overlay(restoreRoute(rules, now), now.shares, homeOf(old as Route));
  if (!isDeepStrictEqual(parse(JSON.stringify(again)), rules)) wrong.push("rules that are not the flights'");
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
