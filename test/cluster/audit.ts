import { readFile } from "node:fs/promises";

/** The names of Serin's ServiceAccounts in requests to the API server. */
export const accounts = {
  webhook: "system:serviceaccount:serin-system:serin",
  controller: "system:serviceaccount:serin-system:serin-controller",
  dashboard: "system:serviceaccount:serin-system:serin-dashboard",
} as const;

/** All of them. */
export const SERIN: readonly string[] = Object.values(accounts);

/** One request in the API server's audit log (audit.k8s.io/v1 Event, level Metadata). */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
  };
  /** Absent if the client disconnected first. */
  readonly responseStatus?: { readonly code: number };
  /** Includes whether the request was authorized. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The time at which the request arrived: RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string;
}

/** Reads an audit log: all requests so far, or those of some users. A watch appears when it ends. */
export async function readAudit(path: string, users?: readonly string[]): Promise<AuditEvent[]> {
  const lines = (await readFile(path, "utf8")).split("\n");
  // The last line is empty, or the API server is still writing it.
  const events = lines.slice(0, -1).map((line): AuditEvent => JSON.parse(line));
  return users === undefined ? events : events.filter(({ user }) => users.includes(user.username));
}
