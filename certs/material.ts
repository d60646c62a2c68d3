import type { KubeObject } from "../kube/core/meta.ts";
import { isToken } from "./paths.ts";
import type { Token } from "./tokens.ts";

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
  /** The API server refuses every change of the data, and of this field. */
  immutable?: boolean;
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

const TOKENS = "webhook-tokens";

/** The tokens of the Secret, oldest first. Leaves out everything that is not a valid token. */
export function tokensOf(secret: Secret): readonly Token[] {
  const text = Buffer.from(secret.data?.[TOKENS] ?? "", "base64").toString();
  try {
    const entries: unknown = JSON.parse(text);
    return Array.isArray(entries) ? entries.flatMap(readToken) : [];
  } catch {
    return [];
  }
}

/** The data of a Secret that holds the tokens: a JSON list with instants that people can read. */
export function tokenData(tokens: readonly Token[]): Record<string, string> {
  const text = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const entries = tokens.map(({ value, bornAt, replacedAt }) => {
    return { value, bornAt: text(bornAt), replacedAt: text(replacedAt) };
  });
  return { [TOKENS]: Buffer.from(JSON.stringify(entries)).toString("base64") };
}

function readToken(entry: Partial<Record<"value" | "bornAt" | "replacedAt", unknown>> | null): Token[] {
  const [value, bornAt] = [entry?.value, Date.parse(String(entry?.bornAt))];
  const replacedAt = Date.parse(String(entry?.replacedAt));
  if (!isToken(value) || Number.isNaN(bornAt)) return [];
  return [Number.isNaN(replacedAt) ? { value, bornAt } : { value, bornAt, replacedAt }];
}
