/** The statuses of gRPC by their numbers. */
const names = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** A status of gRPC by its name. */
export type GrpcStatus = (typeof names)[number];

/**
 * The statuses that are the server's failure. google.rpc.Code and Envoy translate these six to a 5xx, and OpenTelemetry calls
 * them errors of a server. RESOURCE_EXHAUSTED is a 429, ABORTED a 409, and CANCELLED comes from the client.
 */
const failures: ReadonlySet<string> = new Set<GrpcStatus>([
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
]);

const spelled = new Map<string, GrpcStatus>([
  ...names.map((name, number) => [`${number}`, name] as const),
  ...names.map((name) => [letters(name), name] as const),
  // Go writes one l.
  ["CANCELED", "CANCELLED"],
]);

/**
 * The status that metrics write as a number ("14"), as Go does ("DataLoss") or by its name. Any other text is UNKNOWN, as
 * it is for gRPC's clients.
 */
export function grpcStatus(text: string): GrpcStatus {
  return spelled.get(letters(text)) ?? "UNKNOWN";
}

/** Whether a status of this name is the server's failure. */
export function isGrpcFailure(name: string): boolean {
  return failures.has(name);
}

/** Whether a status of this name is an answer that refuses the call: neither OK nor the server's failure. */
export function isGrpcRefusal(name: string): boolean {
  return name !== "OK" && !failures.has(name) && names.some((status) => status === name);
}

function letters(text: string): string {
  return text.toUpperCase().replaceAll("_", "");
}
