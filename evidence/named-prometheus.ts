import { connectionOf } from "../providers/connection.ts";
import { fromSecrets, type SecretsOptions } from "../providers/secret-settings.ts";
import type { Settings } from "../providers/settings.ts";
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
  return { url: settings.address(), ...connectionOf(settings) };
}
