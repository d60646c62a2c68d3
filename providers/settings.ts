import { ProviderError } from "./provider.ts";

/** The settings that an administrator writes into a provider's Secret. */
export interface Settings {
  /** The value of a key; throws a ProviderError that names the key when it is absent. */
  required(key: string): string;
  optional(key: string): string | undefined;
  /** The base URL of the API: `address`, or the usual one; throws a ProviderError when it is not valid. */
  address(usual?: string): URL;
  /** The error about a value that is not valid; `use` says what would be. The value itself may be a secret. */
  invalid(key: string, use: string, cause?: unknown): ProviderError;
}

/** Reads the settings of a provider by name, from a Secret's decoded data. */
export function settingsOf(name: string, data: Readonly<Record<string, string>>): Settings {
  // A Secret made from a file usually ends in a line break.
  const optional = (key: string) => (Object.hasOwn(data, key) ? data[key]?.trim() || undefined : undefined);
  const required = (key: string) => {
    const value = optional(key);
    if (value === undefined) throw new ProviderError(`provider ${name}: its Secret lacks the key ${key}`);
    return value;
  };
  const invalid = (key: string, use: string, cause?: unknown) =>
    new ProviderError(
      `provider ${name}: invalid ${key}: ${use}`,
      ...(cause === undefined ? [] : [{ cause }]),
    );
  const address = (usual?: string) => {
    const text = optional("address") ?? usual ?? required("address");
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
      throw invalid("address", "use an http or https URL without credentials");
    }
    return url;
  };
  return { optional, required, address, invalid };
}

/** A URL below the base, with a query. */
export function under(base: URL, path: string, query?: Readonly<Record<string, string>>): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/${path}`;
  url.search = query ? new URLSearchParams(query).toString() : "";
  return url;
}

/** Credentials from the Secret: `token`, or `username` and `password`. A Secret with neither has none. */
export interface ProviderCredentials {
  readonly headers: Readonly<Record<string, string>>;
  /** Texts that must not appear in messages. */
  readonly secrets: readonly string[];
}

/** The credentials of a provider that takes a bearer token or HTTP's basic authentication. */
export function credentialsOf(settings: Settings): ProviderCredentials {
  const token = settings.optional("token");
  if (token !== undefined) return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
  const username = settings.optional("username");
  if (username === undefined) return { headers: {}, secrets: [] };
  const password = settings.required("password");
  const pair = Buffer.from(`${username}:${password}`).toString("base64");
  return { headers: { authorization: `Basic ${pair}` }, secrets: [pair, password] };
}
