import { createPrivateKey, X509Certificate } from "node:crypto";
import { backdateMs } from "./issue.ts";

/** Reads one certificate; undefined if the text is not a certificate. */
export function readCertificate(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem ? new X509Certificate(pem) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the certificates of a bundle, in order. Leaves out other text. */
export function readBundle(pem: string | undefined): X509Certificate[] {
  const blocks = pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(readCertificate).filter((certificate) => certificate !== undefined);
}

/** When it was issued, in milliseconds since the epoch. */
export function issuedAt(certificate: X509Certificate): number {
  return certificate.validFromDate.getTime() + backdateMs;
}

/** When two thirds of its life are over and a successor is due, in milliseconds since the epoch. */
export function dueAt(certificate: X509Certificate): number {
  const from = issuedAt(certificate);
  return from + ((certificate.validToDate.getTime() - from) * 2) / 3;
}

/** Whether it is valid at this instant. */
export function isValidAt(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now < certificate.validToDate.getTime();
}

/** Whether it covers all of these host names. */
export function covers(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.every((name) => certificate.checkHost(name, { subject: "never" }) !== undefined);
}

/** Whether this authority signed it. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** Whether a client that trusts these certificates trusts a chain: a leaf and the authorities that come with it. */
export function isTrusted(
  [leaf, ...others]: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): boolean {
  if (leaf === undefined) return false;
  const isAnchored = trusted.some(
    (each) => each.fingerprint256 === leaf.fingerprint256 || isIssuedBy(leaf, each),
  );
  return (
    isAnchored ||
    others.some((each, i) => isIssuedBy(leaf, each) && isTrusted([each, ...others.toSpliced(i, 1)], trusted))
  );
}

/** Whether the private key belongs to the certificate. */
export function isKeyOf(certificate: X509Certificate, key: string | undefined): boolean {
  try {
    return key !== undefined && certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
