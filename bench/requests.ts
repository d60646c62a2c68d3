import { type AuditEvent, readAudit, SERIN } from "../test/cluster/audit.ts";

/** Serin's own namespace. */
const OWN = "serin-system";

/** The purpose of a request: a rollout, or a task that always runs. */
type Kind = "work" | "lease" | "watch";

/** Serin's requests within a period. */
export interface Requests {
  readonly count: Readonly<Record<Kind, number>>;
  /** The work, as "program: verb resource/subresource" → how often; the most frequent first. */
  readonly work: readonly (readonly [what: string, count: number])[];
  /** The work in order, with the time (s) since the begin of the period. */
  readonly course: readonly (readonly [seconds: number, what: string])[];
}

/** Counts Serin's requests that came in [from, to), ms since the epoch. */
export async function requestsOf(auditLog: string, from: number, to: number): Promise<Requests> {
  const events = (await readAudit(auditLog, SERIN)).filter((event) => {
    const at = Date.parse(event.requestReceivedTimestamp);
    return at >= from && at < to && isCounted(event);
  });
  const count = { work: 0, lease: 0, watch: 0 };
  const work = new Map<string, number>();
  const course: [number, string][] = [];
  for (const event of events) {
    const kind = kindOf(event);
    count[kind] += 1;
    if (kind !== "work") continue;
    work.set(nameOf(event), (work.get(nameOf(event)) ?? 0) + 1);
    const seconds = (Date.parse(event.requestReceivedTimestamp) - from) / 1_000;
    course.push([seconds, `${nameOf(event)} ${event.responseStatus?.code ?? ""}`]);
  }
  return {
    count,
    work: [...work].sort(([, a], [, b]) => b - a),
    course: course.sort(([a], [b]) => a - b),
  };
}

/** The log has one entry for the start of a watch and one for its end. */
function isCounted({ verb, stage }: AuditEvent & { readonly stage?: string }): boolean {
  return verb !== "watch" || stage === "ResponseStarted";
}

/** Serin watches a namespace of users only for rollouts; the watches of the cluster and of its own namespace always run. */
function kindOf({ verb, objectRef }: AuditEvent): Kind {
  if (objectRef?.resource === "leases") return "lease";
  const { namespace = OWN } = objectRef ?? {};
  return verb === "watch" && namespace === OWN ? "watch" : "work";
}

function nameOf({ verb, objectRef, requestURI, userAgent = "" }: AuditEvent): string {
  const resource = objectRef?.resource ?? requestURI.split("?")[0] ?? "";
  const program = userAgent.replace(/^serin-|\/.*$/g, "");
  return `${program}: ${verb} ${resource}${objectRef?.subresource ? `/${objectRef.subresource}` : ""}`;
}
