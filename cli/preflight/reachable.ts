import { connect } from "node:net";
import type { Where } from "../../kube/client/api.ts";
import { ifNotFound, isForbidden } from "../../kube/client/errors.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import type { KubeObject } from "../../kube/core/meta.ts";
import { namespaces, type Resource, services } from "../../kube/core/resources.ts";
import { isHeadless, type Service } from "../../kube/core/services.ts";
import type { NotificationsPlace } from "../../notices/read-notifications.ts";
import { serviceAt } from "../reading/serin.ts";

/** How long (ms) a host may take to answer. */
const PATIENCE_MS = 3_000;

/**
 * Why Serin could not reach that address; `undefined`: nothing speaks against it. For a Service it asks the API server,
 * because only pods reach it; for another host it opens a connection from here, and sends nothing. Throws as Kube does.
 */
export async function whyUnreachable(
  url: URL,
  { kube, namespace }: NotificationsPlace,
): Promise<string | undefined> {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // A name without a dot is a Service beside Serin.
  const at = /[.:]/.test(host) ? serviceAt(url) : { name: host, namespace };
  const service = at && (await readOrRefusal<Service>(kube, services, at));
  if (typeof service === "object") return portProblem(service, port);
  // Without a Service, a name of two labels is a public host as well, such as discord.com.
  const isAmbiguous = at !== undefined && host === `${at.name}.${at.namespace}`;
  const isService =
    !isAmbiguous ||
    typeof (await readOrRefusal<KubeObject>(kube, namespaces, { name: at.namespace })) === "object";
  if (isService && service !== undefined) return `not checked: ${service}`;
  const failure = await connectionFailure(host, port);
  if (failure === undefined) return undefined;
  const besides = at && isService ? `the Service ${at.namespace}/${at.name} does not exist, and ` : "";
  return `${besides}${url.host} does not answer from here: ${failure}`;
}

/** The object, or why the reader may not read it; `undefined`: it does not exist. */
function readOrRefusal<T extends KubeObject>(
  kube: NotificationsPlace["kube"],
  resource: Resource,
  at: Where,
): Promise<T | string | undefined> {
  return kube.get<T>(resource, at).catch((error: unknown) => {
    if (isForbidden(error)) return messageOf(error);
    return ifNotFound(undefined)(error);
  });
}

function portProblem(service: Service, port: number): string | undefined {
  const { metadata, spec } = service;
  const ports = (spec.ports ?? []).map((one) => one.port);
  // Without an address of its own, its name leads to the ports of pods or of another host.
  if (ports.includes(port) || isHeadless(service) || spec.type === "ExternalName") return undefined;
  return `the Service ${metadata.namespace}/${metadata.name} has no port ${port}: use ${ports.join(", ")}`;
}

function connectionFailure(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const end = (failure?: string) => {
      socket.destroy();
      resolve(failure);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end(`no connection within ${PATIENCE_MS / 1_000}s`));
    socket.once("error", (error) => end(messageOf(error)));
  });
}
