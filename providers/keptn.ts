import { newest, type Provider, ProviderError } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { credentialsOf, type Settings, under } from "./settings.ts";

interface Answer {
  /** Empty until Keptn has a first value. */
  readonly value: string;
}

/**
 * Keptn's metrics operator (GET /api/v1/metrics/{namespace}/{metric}). A query is `keptnmetric/<namespace>/<name>`.
 * Secret: `address`, of the operator's Service at port 9999. The value counts as new: the answer has no instant.
 */
export function keptnProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address();
  const { headers, secrets } = credentialsOf(settings);
  const ask = asking("Keptn", secrets, context);
  return {
    async read(query, window, signal) {
      const [, namespace, name] = /^keptnmetric\/([-a-z0-9]+)\/([-.a-z0-9]+)$/.exec(query.trim()) ?? [];
      if (namespace === undefined || /^\.+$/.test(name ?? "")) {
        throw new ProviderError("query for Keptn: not valid: use keptnmetric/<namespace>/<name>");
      }
      const url = under(base, `api/v1/metrics/${namespace}/${name}`);
      return ask(
        { url, headers },
        (text) => {
          const { value }: Answer = JSON.parse(text);
          return newest([[{ at: window.at, value: value === "" ? null : value }]], window);
        },
        signal,
      );
    },
  };
}
