import { createPrivateKey } from "node:crypto";
import { ProviderError } from "./provider.ts";
import type { Ask } from "./request.ts";

/** The fields of a Google service account's key file that Serin uses. */
export interface ServiceAccount {
  readonly client_email: string;
  /** PEM. */
  readonly private_key: string;
  readonly token_uri: string;
}

/** Google's answer; `expires_in` in seconds. */
export interface AccessToken {
  readonly access_token: string;
  readonly expires_in: number;
}

const usualTokenUri = "https://oauth2.googleapis.com/token";
const lifeSeconds = 3_600;
/** A token is not used in the last minute of its life. */
const marginMs = 60_000;

/** Reads a key file; throws a ProviderError when it is not valid. */
export function parseServiceAccount(text: string): ServiceAccount {
  const { client_email, private_key, token_uri = usualTokenUri } = fieldsIn(text);
  if (!client_email || !private_key || !URL.canParse(token_uri)) throw noKeyFile();
  return { client_email, private_key, token_uri };
}

function fieldsIn(text: string): Partial<ServiceAccount> {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw noKeyFile({ cause });
  }
}

function noKeyFile(options?: ErrorOptions): ProviderError {
  return new ProviderError(
    "invalid serviceAccountKey: use the key file of a Google service account",
    options,
  );
}

/** Gives an access token at an instant (ms). */
export type TokenOf = (now: number, signal?: AbortSignal) => Promise<string>;

/** Uses a token until shortly before it expires, then gets another one. */
export function keepToken(get: (now: number, signal?: AbortSignal) => Promise<AccessToken>): TokenOf {
  let kept = { value: "", until: 0 };
  return async (now, signal) => {
    if (now < kept.until) return kept.value;
    const { access_token: value, expires_in } = await get(now, signal);
    // Without a token or a lifetime the answer is not one of Google's; NaN is never later than now.
    if (typeof value !== "string") throw new ProviderError("Google answers without an access token");
    kept = { value, until: now + expires_in * 1000 - marginMs };
    return value;
  };
}

/**
 * Access tokens for a scope (Google Identity, "Using OAuth 2.0 for Server to Server Applications"). Only a private key
 * is read from the Secret: Google's `external_account` files could name a URL or a program of the attacker's choice.
 */
export function accessTokens(account: ServiceAccount, scope: string, ask: Ask): TokenOf {
  return keepToken(async (now, signal) => {
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: await assertion(account, scope, Math.floor(now / 1000)),
    }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const question = { method: "POST", url: new URL(account.token_uri), headers, body } as const;
    return ask(question, (text) => JSON.parse(text) as AccessToken, signal);
  });
}

/** A JSON Web Token that asks for the scope. jose is loaded only here: few controllers read Google's metrics. */
async function assertion(
  { client_email, private_key, token_uri }: ServiceAccount,
  scope: string,
  iat: number,
): Promise<string> {
  const { SignJWT } = await import("jose");
  try {
    return await new SignJWT({ iss: client_email, scope, aud: token_uri, iat, exp: iat + lifeSeconds })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .sign(createPrivateKey(private_key));
  } catch (cause) {
    throw new ProviderError("invalid private_key in serviceAccountKey: it cannot sign", { cause });
  }
}
