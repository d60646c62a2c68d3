import jsonpatch from "fast-json-patch";
import type { KubeObject } from "../kube/core/meta.ts";
import { isRecord } from "../rollout/text/parse.ts";

const WITHOUT_SPEC: readonly string[] = ["ConfigMap", "Secret"];

/** The fields of an admission.k8s.io/v1 request that Serin reads. */
export interface AdmissionRequest<T = KubeObject> {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly namespace?: string;
  readonly name?: string;
  readonly dryRun?: boolean;
  readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] };
  /** The options of the write itself. */
  readonly options?: { readonly fieldManager?: string };
  readonly object: T;
  /** Null on CREATE. */
  readonly oldObject: T | null;
  /** The bytes of its body; absent: they do not count. */
  readonly length?: number;
  /** How long the API server waits for the answer, in ms. */
  readonly timeoutMs?: number | undefined;
}

/** The answer: yes, perhaps with a changed object, or no. */
export type ReviewResponse =
  | {
      readonly allowed: true;
      readonly object?: KubeObject;
      readonly warnings?: readonly string[];
      readonly audit?: AuditAnnotations;
    }
  | {
      readonly allowed: false;
      readonly message: string;
      readonly audit?: AuditAnnotations;
      /** When the client should ask again. Clients such as kubectl do that by themselves; without it, they give up. */
      readonly retryAfterSeconds?: number;
    };

/** For the API server's audit log: the key without the webhook's name, which the API server adds → a short text. */
type AuditAnnotations = Readonly<Record<string, string>>;

/** The most characters of an audit annotation. */
const LONGEST_ANNOTATION = 256;

/** The body is not a valid request, or not of a kind that this address serves. The message names the problem. */
export class BadReview extends Error {
  override name = "BadReview";
}

/**
 * Reads an AdmissionReview of one of these kinds. Throws BadReview for any other body, because every client that reaches
 * the port can send one.
 */
export function readReview(body: unknown, kinds: readonly string[]): AdmissionRequest {
  if (!isRecord(body) || body.kind !== "AdmissionReview" || body.apiVersion !== "admission.k8s.io/v1") {
    throw new BadReview("expected a JSON object of kind AdmissionReview, apiVersion admission.k8s.io/v1");
  }
  const request = body.request;
  if (!isRecord(request) || typeof request.uid !== "string" || request.uid === "") {
    throw new BadReview("expected request.uid, a string");
  }
  const { operation, object, oldObject } = request;
  if (operation !== "CREATE" && operation !== "UPDATE") {
    throw new BadReview(`expected request.operation CREATE or UPDATE, not ${String(operation)}`);
  }
  const asked = isRecord(request.kind) ? request.kind.kind : undefined;
  const kind = kinds.find((candidate) => candidate === asked);
  if (kind === undefined)
    throw new BadReview(`expected request.kind.kind ${kinds.join(" or ")}, not ${String(asked)}`);
  expectObject(object, kind, "request.object");
  if (operation === "UPDATE") expectObject(oldObject, kind, "request.oldObject");
  return { ...request, oldObject: operation === "UPDATE" ? oldObject : null } as unknown as AdmissionRequest;
}

/** A sentence as users read it: who speaks, unless it begins with a key of Serin's or with its name. */
export function bySerin(sentence: string): string {
  return sentence.startsWith("serin") ? sentence : `serin: ${sentence}`;
}

/** The answer as an AdmissionReview. A changed object becomes a JSON patch. */
export function writeReview(request: AdmissionRequest, verdict: ReviewResponse): object {
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: response(request, verdict) };
}

function response({ uid, object }: AdmissionRequest, verdict: ReviewResponse): object {
  if (!verdict.allowed) {
    const { audit, retryAfterSeconds } = verdict;
    const message = bySerin(verdict.message);
    const status =
      retryAfterSeconds === undefined
        ? { code: 403, reason: "Forbidden", message }
        : { code: 429, reason: "TooManyRequests", message, details: { retryAfterSeconds } };
    return { uid, allowed: false, status, ...annotated({ ...audit, decision: `refused: ${message}` }) };
  }
  const operations = verdict.object === undefined ? [] : jsonpatch.compare(object, verdict.object);
  const warnings = (verdict.warnings ?? []).map(bySerin);
  return {
    uid,
    allowed: true,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...annotated(verdict.audit),
    ...(operations.length > 0
      ? { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(operations)).toString("base64") }
      : {}),
  };
}

function annotated(audit: AuditAnnotations = {}): object {
  const entries = Object.entries(audit);
  if (entries.length === 0) return {};
  return {
    auditAnnotations: Object.fromEntries(
      entries.map(([key, text]) => [key, text.slice(0, LONGEST_ANNOTATION)]),
    ),
  };
}

function expectObject(value: unknown, kind: string, where: string): void {
  const whole =
    isRecord(value) && value.kind === kind && (isRecord(value.spec) || WITHOUT_SPEC.includes(kind));
  if (!whole || !isRecord(value.metadata)) {
    const parts = WITHOUT_SPEC.includes(kind) ? "metadata" : "metadata and spec";
    throw new BadReview(`expected ${where}, a ${kind} with ${parts}`);
  }
  const { name } = value.metadata;
  if (typeof name !== "string" && typeof value.metadata.generateName !== "string") {
    throw new BadReview(`expected ${where}.metadata.name, a string`);
  }
}
