import { createHash, createHmac } from "node:crypto";

/** Who signs, and for what. */
export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

/** A POST with an empty query, to be signed at an instant (ms). */
export interface Signable {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly at: number;
}

/**
 * The headers of a POST with those of AWS Signature Version 4 added (IAM User Guide, "Create a signed AWS API
 * request"): `x-amz-date` and `authorization`. All headers are signed, and the host.
 */
export function signed(signer: Signer, { url, headers, body, at }: Signable): Record<string, string> {
  const time = `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const all: Record<string, string> = { ...headers, host: url.host, "x-amz-date": time };
  const names = Object.keys(all).sort();
  const canonical = [
    "POST",
    url.pathname,
    "",
    ...names.map((name) => `${name}:${all[name]?.trim()}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  const scope = `${time.slice(0, 8)}/${signer.region}/${signer.service}/aws4_request`;
  const key = scope
    .split("/")
    .reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${signer.secretAccessKey}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString(
    "hex",
  );
  const credential = `Credential=${signer.accessKeyId}/${scope}`;
  return {
    ...headers,
    "x-amz-date": time,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
