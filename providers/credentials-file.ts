import { readFile } from "node:fs/promises";
import { ProviderError } from "./provider.ts";
import type { ProviderCredentials } from "./settings.ts";

/** Gives the current credentials; rejects with a ProviderError when they cannot be read. */
export type ReadCredentials = () => Promise<ProviderCredentials>;

/** Files with credentials; each is read again for each request, because a mounted Secret changes. */
export interface CredentialsFiles {
  /** A bearer token. */
  readonly token?: string | undefined;
  /** `username:password`. */
  readonly basicAuth?: string | undefined;
}

/** Reads credentials from the token file, or else from the basic authentication file; none without either. */
export function credentialsFrom({ token, basicAuth }: CredentialsFiles): ReadCredentials {
  if (token !== undefined) {
    return async () => {
      const text = await contentOf(token);
      return { headers: { authorization: `Bearer ${text}` }, secrets: [text] };
    };
  }
  if (basicAuth === undefined) return async () => ({ headers: {}, secrets: [] });
  return async () => {
    const text = await contentOf(basicAuth);
    const colon = text.indexOf(":");
    if (colon < 0) throw new ProviderError(`${basicAuth}: invalid credentials: use username:password`);
    const pair = Buffer.from(text).toString("base64");
    return { headers: { authorization: `Basic ${pair}` }, secrets: [pair, text.slice(colon + 1)] };
  };
}

async function contentOf(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new ProviderError(`cannot read credentials: ${cause.message}`, { cause });
  });
  // A line break inside would end the header.
  const content = text.trim();
  if (content === "" || /[\r\n]/.test(content))
    throw new ProviderError(`${file}: invalid credentials: use one line`);
  return content;
}
