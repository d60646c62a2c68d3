import { randomBytes } from "node:crypto";
import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import type { Clock } from "../kube/core/clock.ts";
import { secrets } from "../kube/core/resources.ts";
import { type Secret, tokenData, tokensOf } from "./material.ts";
import { type Token, type TokenLives, tokensAfter } from "./tokens.ts";

/** The Secret that holds the tokens. */
export interface TokenOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** The name of the Secret. */
  readonly name: string;
  readonly clock: Clock;
}

/**
 * Keeps the tokens of the Secret, for a configuration that has the tokens `configured`; returns them. Creates the Secret if
 * no certificate has. A change fits only the version that was read. Throws the errors of the API.
 */
export async function keepTokens(
  { kube, namespace, name, clock }: TokenOptions,
  configured: ReadonlySet<string>,
  lives: TokenLives,
): Promise<readonly Token[]> {
  const secret = await kube.get<Secret>(secrets, { namespace, name }).catch(ifNotFound(undefined));
  const state = { tokens: secret ? tokensOf(secret) : [], configured, now: clock.now() };
  const tokens = tokensAfter(state, randomBytes(32).toString("hex"), lives);
  const data = tokenData(tokens);
  if (secret === undefined) {
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name }, type: "Opaque", data };
    await kube.create(secrets, { namespace }, body);
    return tokens;
  }
  const isStored = Object.entries(data).every(([key, value]) => secret.data?.[key] === value);
  if (isStored) return tokens;
  const { resourceVersion } = secret.metadata;
  await kube.mergePatch(secrets, { namespace, name }, { metadata: { resourceVersion }, data });
  return tokens;
}
