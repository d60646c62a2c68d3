import { connectionOf } from "../providers/connection.ts";
import { fromSecrets, type SecretsOptions } from "../providers/secret-settings.ts";
import type { Settings } from "../providers/settings.ts";
import type { Labels } from "../rollout/gateways/metrics/sample.ts";
import { type Endpoint, type Prometheus, prometheus } from "./prometheus.ts";

/** The provider that counts where a plan names none, if the administrator configures it by a Secret. */
const USUAL = "prometheus";

/**
 * The Prometheus of a plan: the provider that the plan names. Without a name it is the provider `prometheus` if there is a
 * Secret for it, as for metric templates, and otherwise `usual`.
 */
export function prometheusBy(options: SecretsOptions, usual: Prometheus): (name?: string) => Prometheus {
  const find = fromSecrets(options, endpointOf);
  return (name) => {
    if (name === undefined && !options.names.includes(USUAL)) return usual;
    return prometheus({ url: () => find(name ?? USUAL) });
  };
}

function endpointOf(_name: string, settings: Settings): Endpoint {
  if (settings.required("provider") !== "prometheus")
    throw settings.invalid("provider", "only a Prometheus counts the requests of a gateway; use prometheus");
  return { url: settings.address(), ...connectionOf(settings), labels: labelsOf(settings) };
}

/** The labels by which a store of several clusters knows this one's series. */
function labelsOf(settings: Settings): Labels {
  const lines = (settings.optional("labels") ?? "").split("\n").map((line) => line.trim());
  const pairs = lines.filter(Boolean).map((line) => {
    const [, name, value] = /^([A-Za-z_]\w*)\s*=\s*(\S+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw settings.invalid("labels", "use one label on a line, such as cluster=prod-eu");
    return [name, value];
  });
  return Object.fromEntries(pairs);
}
