import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { type AuditEvent, readAudit, SERIN } from "./audit.ts";
import { repository } from "./tools.ts";

/** One right in its smallest part, in words: `patch deployments.apps/status`, `get secrets serin-certificate in serin-system`. */
export type Right = string;

interface Grant {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** The only object; absent: all. */
  readonly name?: string | undefined;
  /** The only namespace; absent: everywhere. */
  readonly namespace?: string | undefined;
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** What the requests of an account came to: the rights that they made use of, and what was refused for want of one. */
export interface Rights {
  readonly used: ReadonlySet<Right>;
  readonly refused: ReadonlySet<string>;
}

/** The environment variable that names the file where every run notes what Serin made use of. */
export const RIGHTS_FILE = "SERIN_RIGHTS";

/** The rights that deploy/rbac.yaml gives, the narrowest first. */
function grants(): Grant[] {
  const text = readFileSync(join(repository, "deploy/rbac.yaml"), "utf8");
  const roles = parseAllDocuments(text).map((document) => document.toJS() as Role);
  const all = roles
    .filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
    .flatMap(({ metadata: { namespace }, rules }) =>
      rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.flatMap((name) =>
              verbs.map((verb) => ({ verb, group, resource, name, namespace })),
            ),
          ),
        ),
      ),
    );
  const breadth = ({ name, namespace }: Grant) =>
    (name === undefined ? 2 : 0) + (namespace === undefined ? 1 : 0);
  return all.toSorted((a, b) => breadth(a) - breadth(b));
}

/** Every right that deploy/rbac.yaml gives. */
export function granted(): Right[] {
  return grants().map(wordsOf);
}

/** What these requests made use of. Discovery and health are everybody's and no right of an account. */
export function rightsOf(events: readonly AuditEvent[]): Rights {
  const all = grants();
  const used = new Set<Right>();
  const refused = new Set<string>();
  for (const { verb, objectRef, annotations } of events) {
    if (objectRef === undefined) continue;
    const { apiGroup: group = "", namespace, name, subresource } = objectRef;
    const resource = subresource === undefined ? objectRef.resource : `${objectRef.resource}/${subresource}`;
    const found = all.find(
      (grant) =>
        grant.verb === verb &&
        grant.group === group &&
        grant.resource === resource &&
        [undefined, name].includes(grant.name) &&
        [undefined, namespace].includes(grant.namespace),
    );
    // A quota or a namespace that is going refuses with 403, too.
    const isRefused = annotations?.["authorization.k8s.io/decision"] === "forbid";
    if (found === undefined || isRefused) refused.add(wordsOf({ verb, group, resource, name, namespace }));
    else used.add(wordsOf(found));
  }
  return { used, refused };
}

/** Notes what Serin made use of in a cluster, where the run wants to know. */
export async function noteRights(auditLog: string, path = process.env[RIGHTS_FILE]): Promise<void> {
  if (path === undefined) return;
  const { used, refused } = rightsOf(await readAudit(auditLog, SERIN));
  appendFileSync(path, `${JSON.stringify({ used: [...used], refused: [...refused] })}\n`);
}

/** All that was noted. */
export function readNoted(path: string): Rights {
  const lines = readFileSync(path, "utf8").trim().split("\n").filter(Boolean);
  const noted = lines.map((line) => JSON.parse(line) as { used: string[]; refused: string[] });
  return {
    used: new Set(noted.flatMap(({ used }) => used)),
    refused: new Set(noted.flatMap(({ refused }) => refused)),
  };
}

function wordsOf({ verb, group, resource, name, namespace }: Grant): Right {
  const [plural, subresource] = resource.split("/");
  const kind = `${plural}${group && `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
  return [verb, kind, name, namespace === undefined ? undefined : `in ${namespace}`]
    .filter(Boolean)
    .join(" ");
}
