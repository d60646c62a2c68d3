import type { WebhookConfiguration } from "../../certs/configuration.ts";
import { deviationsOf } from "../../certs/deviations.ts";
import { installationOf, webhooksOfSerin } from "../../certs/peers.ts";
import { controllerProgram } from "../../flags/controller.ts";
import type { Kube } from "../../kube/client/api.ts";
import { isForbidden } from "../../kube/client/errors.ts";
import { deployments, mutatingWebhookConfigurations } from "../../kube/core/resources.ts";
import type { Container, Deployment } from "../../kube/core/workloads.ts";

/** The namespace of Serin where nothing says otherwise. */
export const USUAL_NAMESPACE = "serin-system";
/** What a container of Serin runs, in whatever overlay: names and labels may be an administrator's own. */
const PROGRAM = /^(webhook|controller|dashboard)\/main\.ts$/;

/** A MutatingWebhookConfiguration that calls Serin. */
export interface Calling {
  readonly name: string;
  /** The namespace of the Service that it calls. */
  readonly namespace: string;
  /** Base64 of PEM, one for each webhook. */
  readonly bundles: readonly (string | undefined)[];
  /** See deviationsOf. */
  readonly deviations: readonly string[];
}

/** The configurations that call Serin. Throws as Kube does. */
export async function callings(kube: Kube): Promise<readonly Calling[]> {
  const { items } = await kube.list<WebhookConfiguration>(mutatingWebhookConfigurations, {});
  return items.flatMap((configuration) => {
    const namespace = installationOf(configuration);
    if (namespace === undefined) return [];
    const bundles = webhooksOfSerin(configuration).map(({ clientConfig }) => clientConfig.caBundle);
    const deviations = deviationsOf(configuration);
    return [{ name: configuration.metadata.name, namespace, bundles, deviations }];
  });
}

/** Serin's programs among the Deployments of its namespace, and the names of the others. Throws as Kube does. */
export async function programsIn(
  kube: Kube,
  namespace: string,
): Promise<{ readonly programs: readonly Deployment[]; readonly others: readonly string[] }> {
  const { items } = await kube.list<Deployment>(deployments, { namespace });
  const programs = items.filter((one) => programOf(one) !== undefined);
  const others = items.filter((one) => !programs.includes(one));
  return { programs, others: others.map(({ metadata }) => metadata.name) };
}

/** The controller among Serin's programs. */
export function controllerAmong(programs: readonly Deployment[]): Deployment | undefined {
  return programs.find((one) => programOf(one) === "controller");
}

function programOf({ spec }: Deployment): string | undefined {
  return argsOf(spec.template.spec?.containers).flatMap((arg) => PROGRAM.exec(arg)?.[1] ?? [])[0];
}

function argsOf(containers: readonly Container[] = []): readonly string[] {
  return containers.flatMap(({ args = [] }) => args as readonly string[]);
}

/** Serin's own namespace; the usual one for a reader without cluster-wide rights. Throws as Kube does. */
export async function homeOfSerin(kube: Kube): Promise<string> {
  const found = await callings(kube).catch((error: unknown) => {
    if (isForbidden(error)) return [];
    throw error;
  });
  return found[0]?.namespace ?? USUAL_NAMESPACE;
}

/** The controller's Deployment; `undefined` if there is none. Throws as Kube does. */
export async function readController(kube: Kube): Promise<Deployment | undefined> {
  const { programs } = await programsIn(kube, await homeOfSerin(kube));
  return controllerAmong(programs);
}

/** Each value that the controller's command line gives to a flag, in its order. */
function flagValuesOf(controller: Deployment | undefined, flag: string): readonly string[] {
  const args = argsOf(controller?.spec.template.spec?.containers);
  const begin = `--${flag}=`;
  return args.filter((arg) => arg.startsWith(begin)).map((arg) => arg.slice(begin.length));
}

/** The URL at which the controller reads Prometheus. */
export function prometheusOf(controller: Deployment | undefined): URL {
  return new URL(flagValuesOf(controller, "prometheus").at(-1) ?? controllerProgram.flags.prometheus.usual);
}

/** The namespaces whose own metric templates the controller reads; `*` is every one. */
export function templateNamespacesOf(controller: Deployment | undefined): readonly string[] {
  return flagValuesOf(controller, "template-namespace");
}

/** The Service behind a host name as pods write it: `name.namespace`, also with `.svc…`; `undefined` for other hosts. */
export function serviceAt({
  hostname,
}: Pick<URL, "hostname">): { readonly name: string; readonly namespace: string } | undefined {
  const [name = "", namespace = "", ...rest] = hostname.split(".");
  const isService = namespace !== "" && (rest.length === 0 || rest[0] === "svc") && !/^\d+$/.test(namespace);
  return isService ? { name, namespace } : undefined;
}
