import type { WebhookConfiguration } from "./configuration.ts";

/** The webhooks of a configuration that are Serin's. */
export function webhooksOfSerin({ webhooks = [] }: WebhookConfiguration) {
  return webhooks.filter(({ name }) => name.endsWith(".serin.dev"));
}

/** The namespace of the installation of Serin that a configuration calls; undefined: it calls none. */
export function installationOf(configuration: WebhookConfiguration): string | undefined {
  return webhooksOfSerin(configuration)[0]?.clientConfig.service?.namespace;
}

/** The other installations of Serin in the cluster: the name of the configuration → the namespace that it calls. */
export class Peers {
  readonly #home: string;
  readonly #found = new Map<string, string>();

  /** `home`: the namespace of this installation. */
  constructor(home: string) {
    this.#home = home;
  }

  /** Notes a configuration, or that it is gone. Returns the namespace of an installation that was not known before. */
  note(name: string, now: WebhookConfiguration | undefined): string | undefined {
    const before = this.#found.get(name);
    const namespace = now && installationOf(now);
    if (namespace === undefined || namespace === this.#home) this.#found.delete(name);
    else this.#found.set(name, namespace);
    const noted = this.#found.get(name);
    return noted === before ? undefined : noted;
  }

  get namespaces(): ReadonlySet<string> {
    return new Set(this.#found.values());
  }
}
