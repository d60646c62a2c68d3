import { ApiError, ConnectionError } from "../../kube/client/errors.ts";
import { messageOf } from "../../kube/core/error-message.ts";

/** The user asks for what cannot be; the message says what would be right. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A right that the API server did not find, in the words of its refusal. */
const LACKING = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/;

/** The lines that tell an error, as kubectl tells it, and for a lack of rights what would give it. */
export function linesOfFailure(error: unknown): readonly string[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(linesOfFailure);
  if (error instanceof ApiError) {
    const reason = error.reason === "Unknown" ? "" : ` (${error.reason})`;
    return [`Error from server${reason}: ${error.message}`, ...lackingRight(error)];
  }
  if (error instanceof ConnectionError) return [`error: ${error.message}`];
  return [`error: ${messageOf(error)}`];
}

function lackingRight({ status, message }: ApiError): readonly string[] {
  const [, verb, resource, group, namespace] = LACKING.exec(message) ?? [];
  if (status === 401)
    return ["The API server does not accept your credentials: log in again, or choose another --context"];
  if (status !== 403 || verb === undefined || resource === undefined) return [];
  const kind = group ? `${resource}.${group}` : resource;
  const where = namespace === undefined ? "in all namespaces" : `in the namespace ${namespace}`;
  const flag = namespace === undefined ? "-A" : `-n ${namespace}`;
  return [
    `You need the right to ${verb} ${kind} ${where}: kubectl auth can-i ${verb} ${kind} ${flag} shows whether you have it`,
  ];
}
