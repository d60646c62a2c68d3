import type { KubeObject } from "../kube/core/meta.ts";

/** The content of the Secret, as PEM text. */
export interface Material {
  /** The authorities to trust: the signing one, and its predecessor until no replica serves a leaf of it. */
  readonly caBundle: string;
  /** The key of the signing authority. */
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
}

/** A core/v1 Secret. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** The four entries of the Secret; a missing one is "". */
export function materialOf(secret: Secret): Material {
  const text = (name: string) => Buffer.from(secret.data?.[name] ?? "", "base64").toString();
  return { caBundle: text("ca.crt"), caKey: text("ca.key"), cert: text("tls.crt"), key: text("tls.key") };
}

/** The data of a Secret that holds the material. */
export function dataOf({ caBundle, caKey, cert, key }: Material): Record<string, string> {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    "ca.crt": base64(caBundle),
    "ca.key": base64(caKey),
    "tls.crt": base64(cert),
    "tls.key": base64(key),
  };
}
