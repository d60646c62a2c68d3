import type { X509Certificate } from "node:crypto";
import type { Kube } from "../kube/client/api.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { mutatingWebhookConfigurations } from "../kube/core/resources.ts";
import type { JsonPatchOperation } from "../kube/core/writes.ts";
import { isTrusted, readBundle } from "./inspect.ts";
import { admitPath, readPath } from "./paths.ts";

/** The fields of an admissionregistration.k8s.io/v1 MutatingWebhookConfiguration that Serin reads. */
export interface WebhookConfiguration extends KubeObject {
  webhooks?: {
    name: string;
    clientConfig: ClientConfig;
    matchConditions?: MatchCondition[];
    failurePolicy?: string;
  }[];
}

interface ClientConfig {
  caBundle?: string;
  service?: { namespace?: string; name?: string; path?: string; [unknown: string]: unknown };
  [unknown: string]: unknown;
}

interface MatchCondition {
  name: string;
  expression: string;
}

/** Where the API server calls this installation of Serin: its namespace, and the name of the Service there. */
export interface WebhookService {
  readonly namespace: string;
  readonly service: string;
}

/** What Serin keeps in each webhook. */
export interface Wanted {
  /** PEM. Absent: the bundle stays. */
  readonly caBundle?: string | undefined;
  /** The token in the path, or PLAIN. Absent: the path stays. */
  readonly token?: string;
  /** The group whose members are Serin (groupOf). */
  readonly group: string;
}

/** The conditions of deploy/webhook.yaml that name Serin's group. Serin never changes another condition. */
const IDENTIFYING: readonly string[] = ["serin", "not-serin", "not-in-serins-namespace", "not-answered"];

/** The group of every ServiceAccount of a namespace: Serin's requests carry the one of Serin's namespace. */
export function groupOf(namespace: string): string {
  return `system:serviceaccounts:${namespace}`;
}

/** Reads the configuration. Throws the errors of the API. */
export function readConfiguration(kube: Kube, name: string): Promise<WebhookConfiguration> {
  return kube.get<WebhookConfiguration>(mutatingWebhookConfigurations, { name });
}

/** The tokens in the paths of its webhooks; PLAIN for a path without a token. */
export function tokensIn({ webhooks = [] }: WebhookConfiguration): ReadonlySet<string> {
  const paths = webhooks.map(({ clientConfig }) => readPath(clientConfig.service?.path));
  return new Set(paths.flatMap((path) => path?.token ?? []));
}

/**
 * Whether the API server trusts this serving certificate with its chain for every webhook, calls each at this Service and at
 * a path that Serin knows, and recognizes Serin's own requests by the group of this namespace.
 */
export function reaches(
  found: WebhookConfiguration,
  chain: readonly X509Certificate[],
  home: WebhookService,
): boolean {
  return (
    trusts(found, chain) &&
    otherService(found, home) === undefined &&
    unidentified(found, groupOf(home.namespace)).length === 0 &&
    (found.webhooks ?? []).every(({ clientConfig }) => readPath(clientConfig.service?.path) !== undefined)
  );
}

/** Whether the API server trusts this serving certificate with its chain for every webhook. */
export function trusts({ webhooks = [] }: WebhookConfiguration, chain: readonly X509Certificate[]): boolean {
  return (
    webhooks.length > 0 &&
    webhooks.every(({ clientConfig: { caBundle = "" } }) =>
      isTrusted(chain, readBundle(Buffer.from(caBundle, "base64").toString())),
    )
  );
}

/** A Service that it calls and that is not this one, as namespace/name. A webhook with a URL in its place calls none. */
export function otherService(
  { webhooks = [] }: WebhookConfiguration,
  home: WebhookService,
): string | undefined {
  const own = `${home.namespace}/${home.service}`;
  return webhooks
    .map(({ clientConfig: { service } }) => {
      const { namespace = home.namespace, name = home.service } = service ?? {};
      return `${namespace}/${name}`;
    })
    .find((called) => called !== own);
}

/** The names of the webhooks whose conditions do not recognize Serin's requests by this group. */
export function unidentified({ webhooks = [] }: WebhookConfiguration, group: string): readonly string[] {
  const names = (expression: string) => (expression.match(GROUPS) ?? []).every((found) => found === group);
  const isIdentified = (conditions: readonly MatchCondition[]) =>
    conditions.some(({ expression }) => expression.includes(group)) &&
    conditions.every(({ expression }) => names(expression));
  return webhooks
    .filter(({ matchConditions = [] }) => !isIdentified(matchConditions.filter(isIdentifying)))
    .map(({ name }) => name);
}

/**
 * The JSON patch by which the configuration becomes as wanted, empty if nothing must change. It fits only the version that
 * was read. A path that Serin does not serve stays.
 */
export function changesTo(
  { metadata, webhooks = [] }: WebhookConfiguration,
  { caBundle, token, group }: Wanted,
): JsonPatchOperation[] {
  const bundle = caBundle && Buffer.from(caBundle).toString("base64");
  const changes = webhooks.flatMap(({ clientConfig, matchConditions = [] }, index): JsonPatchOperation[] => {
    const at = `/webhooks/${index}`;
    const present = readPath(clientConfig.service?.path);
    const path = present && admitPath({ ...present, token: token ?? present.token });
    const conditions = matchConditions.flatMap((condition, i): JsonPatchOperation[] => {
      const value = isIdentifying(condition) ? named(condition.expression, group) : condition.expression;
      return value === condition.expression
        ? []
        : [{ op: "replace", path: `${at}/matchConditions/${i}/expression`, value }];
    });
    return [
      ...(bundle === undefined || clientConfig.caBundle === bundle
        ? []
        : [{ op: "add" as const, path: `${at}/clientConfig/caBundle`, value: bundle }]),
      ...(path === clientConfig.service?.path || path === undefined
        ? []
        : [{ op: "replace" as const, path: `${at}/clientConfig/service/path`, value: path }]),
      ...conditions,
    ];
  });
  const { resourceVersion: value } = metadata;
  return changes.length === 0 ? [] : [{ op: "test", path: "/metadata/resourceVersion", value }, ...changes];
}

const GROUPS = /system:serviceaccounts:[a-z\d-]+/g;

/** How earlier versions named the one user that Serin had. When Serin is set back, their configuration is applied first. */
const ONE_USER = /request\.userInfo\.username (==|!=) "system:serviceaccount:[a-z\d-]+:[a-z\d.-]+"/g;

/** The expression with this group for Serin. */
function named(expression: string, group: string): string {
  const isSerin = `"${group}" in request.userInfo.groups`;
  return expression
    .replaceAll(ONE_USER, (_, operator) => (operator === "==" ? isSerin : `!(${isSerin})`))
    .replaceAll(GROUPS, group);
}

function isIdentifying({ name }: MatchCondition): boolean {
  return IDENTIFYING.includes(name);
}
