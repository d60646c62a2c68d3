import { type Endpoint, type Prometheus, prometheus } from "../../evidence/prometheus.ts";
import { isForbidden } from "../../kube/client/errors.ts";
import { messageOf } from "../../kube/core/error-message.ts";
import { AnswerTooLong, ProviderError } from "../../providers/provider.ts";
import type { Cluster } from "../frame/cluster.ts";
import { prometheusOf, readController, serviceAt } from "./serin.ts";

const INSTEAD =
  "or give its URL by --prometheus, for example after kubectl port-forward -n monitoring service/prometheus 9090";

/**
 * The Prometheus of a command: that of `--prometheus`, else the one that the controller reads, through the API server's proxy
 * to its Service. Nothing is looked up before the first query. Each query throws a ProviderError that says what is missing.
 * `provider`: the one that the plan names, whose Secret only the controller may read.
 */
export function prometheusFor(
  cluster: Pick<Cluster, "kube" | "behind">,
  given: string | undefined,
  provider?: string,
): Prometheus {
  if (given !== undefined) return prometheus({ url: given });
  if (provider !== undefined) return prometheus({ url: () => Promise.reject(unknownProvider(provider)) });
  let path: Promise<string> | undefined;
  const endpoint = async (): Promise<Endpoint> => {
    path ??= proxyPath(cluster);
    return cluster.behind(await path);
  };
  return throughProxy(prometheus({ url: endpoint }));
}

function unknownProvider(name: string): ProviderError {
  return new ProviderError(
    `this plan counts by the provider ${name}, whose Secret only the controller may read: give its URL by --prometheus`,
  );
}

/** The path below the API server at which the controller's Prometheus answers. */
async function proxyPath({ kube }: Pick<Cluster, "kube">): Promise<string> {
  const controller = await readController(kube).catch((cause: unknown) => {
    if (!isForbidden(cause)) throw cause;
    throw new ProviderError(
      `it is not known which Prometheus the controller reads (${messageOf(cause)}): give its URL by --prometheus`,
      { cause },
    );
  });
  return proxyPathOf(prometheusOf(controller));
}

/**
 * The API server's path to the Service that a URL names, as in `services/https:name:port/proxy`. Throws a ProviderError if the
 * URL names none.
 */
export function proxyPathOf(address: URL): string {
  const service = serviceAt(address);
  if (service === undefined)
    throw new ProviderError(
      `the controller reads ${address.href}, which is not a Service, so the API server does not lead there: give a URL by --prometheus`,
    );
  const isTls = address.protocol === "https:";
  const port = address.port || (isTls ? "443" : "80");
  const name = `${isTls ? "https:" : ""}${service.name}:${port}`;
  return `/api/v1/namespaces/${service.namespace}/services/${name}/proxy${address.pathname.replace(/\/$/, "")}`;
}

/** The same, whose errors say that the API server stands between, and what else is possible. */
function throughProxy({ over, scrapes }: Prometheus): Prometheus {
  const told = (error: unknown): never => {
    // A narrower query follows an answer that is too long.
    if (!(error instanceof ProviderError) || error instanceof AnswerTooLong) throw error;
    if (error.message.includes("--prometheus")) throw error;
    throw new ProviderError(
      `the controller's Prometheus does not answer through the API server (services/proxy): ${error.message}; ${INSTEAD}`,
      { cause: error },
    );
  };
  return {
    over: (promql, grid) => over(promql, grid).catch(told),
    scrapes: (selector, at) => scrapes(selector, at).catch(told),
  };
}
