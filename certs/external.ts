import type { Kube } from "../kube/client/api.ts";
import { ifNotFound } from "../kube/client/errors.ts";
import type { Clock } from "../kube/core/clock.ts";
import { secrets } from "../kube/core/resources.ts";
import { inspect } from "./decide.ts";
import { type Material, materialOf, type Secret } from "./material.ts";
import type { Certificate } from "./rotate.ts";

/** The Secret in which another issuer, such as cert-manager, keeps the certificate. */
interface ExternalOptions {
  readonly kube: Kube;
  readonly namespace: string;
  readonly secret: string;
  /** The host name by which the API server calls the webhook. */
  readonly host: string;
  readonly clock: Clock;
  /** What this process serves. */
  readonly served: Material | undefined;
  /** Whether the API server trusts this certificate and its chain, PEM. */
  readonly isTrusted: (chain: string) => boolean;
}

/**
 * The certificate of that Secret, once the API server trusts it. Until then, and while the Secret has no valid one, the
 * served certificate: the issuer writes Secret and caBundle one after the other. Throws the errors of the API, and an error
 * if neither certificate is valid.
 */
export async function readExternal({
  kube,
  namespace,
  secret,
  host,
  clock,
  served,
  isTrusted,
}: ExternalOptions): Promise<Certificate> {
  const found = await kube.get<Secret>(secrets, { namespace, name: secret }).catch(ifNotFound(undefined));
  const stored = servable(found && materialOf(found), host, clock.now());
  const present = servable(served, host, clock.now());
  const chosen = stored && (!present || isTrusted(stored.cert)) ? stored : present;
  if (chosen === undefined)
    throw new Error(`Secret ${secret} has no certificate for ${host} that is valid now, with its key`);
  return chosen;
}

function servable(material: Material | undefined, host: string, now: number): Certificate | undefined {
  const { leaf } = inspect(material, [host], now);
  return material && leaf && { ...material, nextAt: leaf.validToDate.getTime() };
}
