import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { credentialsOf, type ProviderCredentials, type Settings } from "./settings.ts";

/** How to reach the API of a Prometheus. */
export interface Connection extends Omit<ProviderCredentials, "headers"> {
  /** A name with several values is sent once for each, as an impersonation of several groups needs it. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Carries the requests; undici's own when absent. */
  readonly dispatcher?: Dispatcher;
}

/** A shorter value is more likely a tenant's name than a secret, and hiding it would spoil messages. */
const SECRET_LENGTH = 12;

/**
 * The connection that a Secret describes: its credentials, and `headers` (one `name: value` on a line, such as the tenant's
 * `X-Scope-OrgID`), `ca`, `cert` and `key` (PEM), and `proxy` (a URL). Throws a ProviderError that names the invalid key.
 */
export function connectionOf(settings: Settings): Connection {
  const { headers, secrets } = credentialsOf(settings);
  const own = headersOf(settings);
  const hidden = Object.values(own).filter((value) => value.length >= SECRET_LENGTH);
  const dispatcher = dispatcherOf(settings);
  return {
    headers: { ...own, ...headers },
    secrets: [...secrets, ...hidden],
    ...(dispatcher && { dispatcher }),
  };
}

function headersOf(settings: Settings): Readonly<Record<string, string>> {
  const lines = (settings.optional("headers") ?? "").split("\n").map((line) => line.trim());
  const pairs = lines.filter(Boolean).map((line) => {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*([\x20-\x7e]+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw settings.invalid("headers", "use one header on a line, such as X-Scope-OrgID: team-a");
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(pairs);
}

function dispatcherOf(settings: Settings): Dispatcher | undefined {
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => settings.optional(name));
  if ((cert === undefined) !== (key === undefined))
    throw settings.invalid(cert === undefined ? "key" : "cert", "use cert and key together");
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const proxy = settings.optional("proxy");
  if (proxy !== undefined && !(URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)))
    throw settings.invalid("proxy", "use an http or https URL");
  if (proxy === undefined && Object.keys(tls).length === 0) return undefined;
  try {
    return proxy === undefined
      ? new Agent({ connect: tls })
      : new ProxyAgent({ uri: proxy, requestTls: tls });
  } catch (cause) {
    throw settings.invalid("ca, cert, key or proxy", "use certificates and a key in PEM", cause);
  }
}
