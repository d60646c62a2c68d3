import type { X509Certificate } from "node:crypto";
import type { KubeObject } from "../kube/core/meta.ts";
import { isIssuedBy, readBundle } from "./inspect.ts";
import { readPath } from "./paths.ts";

/** The fields of an admissionregistration.k8s.io/v1 MutatingWebhookConfiguration that Serin reads. */
export interface WebhookConfiguration extends KubeObject {
  webhooks?: { name: string; clientConfig: ClientConfig }[];
}

interface ClientConfig {
  caBundle?: string;
  service?: { path?: string; [unknown: string]: unknown };
  [unknown: string]: unknown;
}

/** The tokens in the paths of its webhooks; PLAIN for a path without a token. */
export function tokensIn({ webhooks = [] }: WebhookConfiguration): ReadonlySet<string> {
  const paths = webhooks.map(({ clientConfig }) => readPath(clientConfig.service?.path));
  return new Set(paths.flatMap((path) => path?.token ?? []));
}

/** Whether the API server trusts this serving certificate for every webhook and calls each at a path that Serin knows. */
export function reaches({ webhooks = [] }: WebhookConfiguration, leaf: X509Certificate): boolean {
  return (
    webhooks.length > 0 &&
    webhooks.every(({ clientConfig: { caBundle = "", service } }) => {
      const authorities = readBundle(Buffer.from(caBundle, "base64").toString());
      return authorities.some((ca) => isIssuedBy(leaf, ca)) && readPath(service?.path) !== undefined;
    })
  );
}
