import type { Kube } from "../kube/client/api.ts";
import { isForbidden, isNotFound } from "../kube/client/errors.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { KubeObject } from "../kube/core/meta.ts";
import { secrets } from "../kube/core/resources.ts";
import { memoize } from "./memo.ts";
import { ProviderError } from "./provider.ts";
import { type Settings, settingsOf } from "./settings.ts";

/** The Secrets that configure providers. */
export interface SecretsOptions {
  readonly kube: Pick<Kube, "get">;
  /** Serin's own namespace, which holds the Secrets. */
  readonly namespace: string;
  /** The Secrets that the administrator names; Serin reads no other one. */
  readonly names: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Makes something of a provider's Secret, by the Secret's name. An unchanged Secret keeps what was made, and with it an access
 * token or connections that are still good. Rejects with a ProviderError that says what to do.
 */
export function fromSecrets<T>(
  options: SecretsOptions,
  make: (name: string, settings: Settings) => T,
): (name: string) => Promise<T> {
  const made = new Map<string, { version: string | undefined; value: T }>();
  const read = async (name: string): Promise<T> => {
    const { metadata, data = {} } = await getSecret(options, name);
    const version = metadata.resourceVersion;
    const known = made.get(name);
    if (known !== undefined && version !== undefined && known.version === version) return known.value;
    const decoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]);
    const value = make(name, settingsOf(name, Object.fromEntries(decoded)));
    made.set(name, { version, value });
    return value;
  };
  const find = memoize({ clock: options.clock, forMs: 60_000, failureForMs: 10_000, most: 1_000 }, read);
  return async (name) => {
    if (options.names.includes(name)) return find(name);
    throw new ProviderError(
      `provider ${name}: not allowed: an administrator must start the controller with --provider=${name}`,
    );
  };
}

async function getSecret({ kube, namespace }: SecretsOptions, name: string): Promise<Secret> {
  const fail = (what: string, cause: unknown) => new ProviderError(`provider ${name}: ${what}`, { cause });
  const secret = `Secret ${namespace}/${name}`;
  try {
    return await kube.get<Secret>(secrets, { namespace, name });
  } catch (cause) {
    if (isNotFound(cause)) throw fail(`${secret} not found`, cause);
    if (isForbidden(cause)) {
      throw fail(`Serin may not get ${secret}: add its name to a Role of ${namespace}`, cause);
    }
    throw fail(`Serin cannot read ${secret} now`, cause);
  }
}
