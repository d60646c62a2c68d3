import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { type AuditEvent, accounts, readAudit, SERIN } from "./audit.ts";
import { repository } from "./tools.ts";

/**
 * One right of one program in its smallest part, in words: `controller: patch deployments.apps/status`,
 * `webhook: get secrets serin-certificate in serin-system`.
 */
export type Right = string;

interface Grant {
  /** The ServiceAccount, as the user of its requests. */
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** The only object that the right covers; all if absent. */
  readonly name?: string | undefined;
  /** The only namespace that the right covers; all if absent. */
  readonly namespace?: string | undefined;
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

interface Binding {
  readonly kind: string;
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly name: string; readonly namespace: string }[];
}

/** The rights that the accounts' requests used, and the requests that were refused for lack of a right. */
export interface Rights {
  readonly used: ReadonlySet<Right>;
  readonly refused: ReadonlySet<string>;
}

/** The environment variable with the path of the file to which each run appends the rights that Serin used. */
export const RIGHTS_FILE = "SERIN_RIGHTS";

/** The manifests with rights: those of every installation, and those of components. */
const MANIFESTS = [
  "deploy/rbac.yaml",
  "deploy/components/dashboard/rbac.yaml",
  "deploy/components/cert-manager/rbac.yaml",
];

/** The rights that the manifests give to each ServiceAccount, the narrowest first. */
function grants(): Grant[] {
  const texts = MANIFESTS.map((path) => readFileSync(join(repository, path), "utf8"));
  const objects = texts.flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as Role | Binding),
  );
  const bindings = objects.filter((object): object is Binding => object.kind.endsWith("Binding"));
  const usersOf = ({ kind, metadata }: Role) =>
    bindings
      .filter(({ roleRef }) => roleRef.kind === kind && roleRef.name === metadata.name)
      .flatMap(({ subjects }) => subjects)
      .map(({ namespace, name }) => `system:serviceaccount:${namespace}:${name}`);
  const all = objects
    .filter((object): object is Role => "rules" in object)
    .flatMap((role) => usersOf(role).flatMap((user) => grantsOf(role, user)));
  const breadth = ({ name, namespace }: Grant) =>
    (name === undefined ? 2 : 0) + (namespace === undefined ? 1 : 0);
  return all.toSorted((a, b) => breadth(a) - breadth(b));
}

function grantsOf({ metadata: { namespace }, rules }: Role, user: string): Grant[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => ({ user, verb, group, resource, name, namespace })),
        ),
      ),
    ),
  );
}

/** Every right that the manifests give. */
export function granted(): Right[] {
  return grants().map(wordsOf);
}

/** The rights that these requests used. Discovery and health are open to every user, so no right covers them. */
export function rightsOf(events: readonly AuditEvent[]): Rights {
  const all = grants();
  const used = new Set<Right>();
  const refused = new Set<string>();
  for (const { user: of, verb, objectRef, annotations } of events) {
    const user = of.username;
    if (objectRef === undefined) continue;
    const { apiGroup: group = "", namespace, name, subresource } = objectRef;
    const resource = subresource === undefined ? objectRef.resource : `${objectRef.resource}/${subresource}`;
    const found = all.find(
      (grant) =>
        grant.user === user &&
        grant.verb === verb &&
        grant.group === group &&
        grant.resource === resource &&
        [undefined, name].includes(grant.name) &&
        [undefined, namespace].includes(grant.namespace),
    );
    // A quota or a terminating namespace also refuses with 403.
    const isRefused = annotations?.["authorization.k8s.io/decision"] === "forbid";
    if (found === undefined || isRefused)
      refused.add(wordsOf({ user, verb, group, resource, name, namespace }));
    else used.add(wordsOf(found));
  }
  return { used, refused };
}

/** Appends the rights that Serin used in a cluster to the file of `RIGHTS_FILE`, if that is set. */
export async function noteRights(auditLog: string, path = process.env[RIGHTS_FILE]): Promise<void> {
  if (path === undefined) return;
  const { used, refused } = rightsOf(await readAudit(auditLog, SERIN));
  appendFileSync(path, `${JSON.stringify({ used: [...used], refused: [...refused] })}\n`);
}

/** The rights of all runs in that file. */
export function readNoted(path: string): Rights {
  const lines = readFileSync(path, "utf8").trim().split("\n").filter(Boolean);
  const noted = lines.map((line) => JSON.parse(line) as { used: string[]; refused: string[] });
  return {
    used: new Set(noted.flatMap(({ used }) => used)),
    refused: new Set(noted.flatMap(({ refused }) => refused)),
  };
}

function wordsOf({ user, verb, group, resource, name, namespace }: Grant): Right {
  const [program = user] = Object.entries(accounts).find(([, account]) => account === user) ?? [];
  const [plural, subresource] = resource.split("/");
  const kind = `${plural}${group && `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
  return [`${program}:`, verb, kind, name, namespace === undefined ? undefined : `in ${namespace}`]
    .filter(Boolean)
    .join(" ");
}
