import { backoffMs } from "../core/clock.ts";

/** The Status object in the API server's refusals. */
interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly object[]; readonly retryAfterSeconds?: number };
}

/** A longer pause (s) must be a mistake of the server. Timers cannot wait for longer than 24 days either. */
const LONGEST_S = 600;

interface ApiErrorOptions extends ErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly causes?: readonly object[] | undefined;
}

/** An answer of the API server other than 2xx. Its message is the server's own: no headers, no tokens. */
export class ApiError extends Error {
  /** The HTTP status; for an ERROR event of a watch, the code of its Status. */
  readonly status: number;
  /** The API's one-word reason, such as NotFound or Invalid. */
  readonly reason: string;
  /** How long the server asks Serin to send nothing, in milliseconds; 10 minutes at most. */
  readonly retryAfterMs?: number;
  /** The fields complained about; empty when the server names none. */
  readonly causes: readonly object[];

  constructor(status: number, reason: string, message: string, options: ApiErrorOptions = {}) {
    super(message, options);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.causes = options.causes ?? [];
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** No answer at all: refused, reset, timed out or not JSON. The request may or may not have been carried out. */
export class ConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConnectionError";
  }
}

/**
 * How long (ms) to wait after the n-th failure in a row (n from 0): as long as the server asks, and as long as the back-off at
 * least.
 */
export function pauseAfter(error: unknown, failures: number): number {
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, backoffMs(failures));
}

/** Whether nobody listened at the API server's address. */
export function isRefusedConnection(error: unknown): boolean {
  return hasCause(error, "ECONNREFUSED");
}

/** Whether a stream has been silent for longer than it may be. */
export function isSilence(error: unknown): boolean {
  return hasCause(error, "UND_ERR_BODY_TIMEOUT");
}

function hasCause(error: unknown, code: string): boolean {
  const { cause } = error instanceof ConnectionError ? error : {};
  return cause instanceof Error && "code" in cause && cause.code === code;
}

/** The API server answered, and the connection broke later: in the middle of a stream. */
export class BrokenStream extends ConnectionError {
  override name = "BrokenStream";
}

/** The page is longer than its reader has room for. The client has not read the rest of it. */
export class PageTooLong extends Error {
  constructor() {
    super("the page of the API server's list is too long");
    this.name = "PageTooLong";
  }
}

/** Makes an ApiError of a response: `text` is its body, a Status or (from a proxy) anything. */
export function toApiError(code: number, text: string, retryAfter?: string): ApiError {
  const status = parseStatus(text);
  const message = status?.message || text.slice(0, 200) || `the API server answered ${code}`;
  const seconds = Math.min(LONGEST_S, Number(retryAfter ?? status?.details?.retryAfterSeconds));
  return new ApiError(code, status?.reason || "Unknown", message, {
    retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
    causes: status?.details?.causes,
  });
}

function parseStatus(text: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The object does not exist. */
export const isNotFound = (error: unknown) => hasStatus(error, 404);

/** The caller's RBAC or an admission plugin refuses. */
export const isForbidden = (error: unknown) => hasStatus(error, 403);

/** The resource version is too old to continue from: list again. */
export const isGone = (error: unknown) => hasStatus(error, 410);

/** The API server does not have this resource version yet; after a restore of etcd, it will not have it for long. */
export const isFromFuture = (error: unknown) =>
  error instanceof ApiError &&
  (error.causes.some((cause) => "reason" in cause && cause.reason === "ResourceVersionTooLarge") ||
    error.message.includes("Too large resource version"));

/** Something of that name exists. */
export const isAlreadyExists = (error: unknown) =>
  hasStatus(error, 409) && reasonOf(error) === "AlreadyExists";

/** The object changed since it was read: a resourceVersion that is not current, or a JSON patch that does not apply. */
export const isConflict = (error: unknown) =>
  (hasStatus(error, 409) && reasonOf(error) !== "AlreadyExists") || isPatchMismatch(error);

/** The resulting object would not be valid, so another try does not help. */
export const isInvalid = (error: unknown) => hasStatus(error, 422) && !isPatchMismatch(error);

/**
 * A JSON patch whose `test`, `remove` or `replace` did not find the value that it expects. The API server
 * turns every failure to apply a patch into the same 422 and drops the reason (NewGenericServerResponse with
 * isUnexpectedResponse false), so this sentence without causes is the only mark; validation names its causes.
 */
function isPatchMismatch(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status !== 422 || error.causes.length > 0) return false;
  return error.message.startsWith("the server rejected our request due to an error in our request");
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof ApiError ? error.reason : undefined;
}

/** For `catch`: a value instead of an object that does not exist. Throws every other error on. */
export function ifNotFound<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (isNotFound(error)) return instead;
    throw error;
  };
}
