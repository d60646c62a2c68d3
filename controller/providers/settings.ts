import { SourceError } from "./provider.ts";

/** What an administrator writes into a source's Secret. */
export interface Settings {
  /** Of a key that must be there; throws a SourceError that names it. */
  required(key: string): string;
  optional(key: string): string | undefined;
  /** The base URL of the API: `address`, or what is usual; throws a SourceError when it is none. */
  address(usual?: string): URL;
}

/** Reads the settings of a source by name, from a Secret's decoded data. */
export function settingsOf(name: string, data: Readonly<Record<string, string>>): Settings {
  // Secrets made from files end in a line break more often than not.
  const optional = (key: string) => (Object.hasOwn(data, key) ? data[key]?.trim() || undefined : undefined);
  const required = (key: string) => {
    const value = optional(key);
    if (value === undefined) throw new SourceError(`the source ${name} lacks ${key} in its Secret`);
    return value;
  };
  const address = (usual?: string) => {
    const text = optional("address") ?? usual ?? required("address");
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
      throw new SourceError(`the address of the source ${name} is no http or https URL without credentials`);
    }
    return url;
  };
  return { optional, required, address };
}

/** A URL below the base, with a query. */
export function under(base: URL, path: string, query?: Readonly<Record<string, string>>): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/${path}`;
  url.search = query ? new URLSearchParams(query).toString() : "";
  return url;
}

/** How a source proves who asks: `token`, or `username` and `password`; nothing where the Secret has neither. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** What must not appear in messages. */
  readonly secrets: readonly string[];
}

/** The credentials of a source that takes a bearer token or HTTP's basic authentication. */
export function credentialsOf(settings: Settings): Credentials {
  const token = settings.optional("token");
  if (token !== undefined) return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
  const username = settings.optional("username");
  if (username === undefined) return { headers: {}, secrets: [] };
  const password = settings.required("password");
  const pair = Buffer.from(`${username}:${password}`).toString("base64");
  return { headers: { authorization: `Basic ${pair}` }, secrets: [pair, password] };
}
