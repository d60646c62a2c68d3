import type { X509Certificate } from "node:crypto";
import {
  covers,
  dueAt,
  isIssuedBy,
  isKeyOf,
  issuedAt,
  isValidAt,
  readBundle,
  readCertificate,
} from "./inspect.ts";
import type { Material } from "./material.ts";

/**
 * What to do with a certificate: `renew-leaf` by the authority there is, `renew-all` with a new authority. A new
 * authority is trusted for a while before a leaf of it is served, so a leaf that is still good stays through
 * `renew-all`.
 */
export type CertificateDecision = "keep" | "renew-leaf" | "renew-all";

/** How long an authority must have been trusted before its leaf may be served, in milliseconds. */
export const trustSettleMs = 60_000;

/** A certificate's state, read from its PEM. */
export interface Inspected {
  /** The authorities that are of now, oldest first. */
  readonly authorities: readonly X509Certificate[];
  /** The authority whose key we have. */
  readonly signer: X509Certificate | undefined;
  /** The served certificate, if it can be served: it is of now, its key is there, it covers the names. */
  readonly leaf: X509Certificate | undefined;
  /** The trusted authority that issued the leaf. */
  readonly issuer: X509Certificate | undefined;
}

/** Decides what to do about the material for these names, at `now` (milliseconds since the epoch). */
export function decideCertificate(
  material: Material | undefined,
  names: readonly string[],
  now: number,
  settledAfterMs = trustSettleMs,
): CertificateDecision {
  const { signer, leaf, issuer } = inspect(material, names, now);
  if (!signer || now >= dueAt(signer)) return "renew-all";
  if (!leaf || !issuer) return "renew-leaf";
  if (isSame(issuer, signer)) return now >= dueAt(leaf) ? "renew-leaf" : "keep";
  return now >= issuedAt(signer) + settledAfterMs ? "renew-leaf" : "keep";
}

/** When the decision should be looked at again, in milliseconds since the epoch; for material that is kept. */
export function nextDecisionAt(
  material: Material,
  names: readonly string[],
  now: number,
  settledAfterMs = trustSettleMs,
): number {
  const { signer, leaf, issuer } = inspect(material, names, now);
  if (!signer || !leaf || !issuer) return now;
  if (isSame(issuer, signer)) return Math.min(dueAt(signer), dueAt(leaf));
  return Math.min(dueAt(signer), issuedAt(signer) + settledAfterMs, leaf.validToDate.getTime());
}

/** Reads the material; what is missing, broken, out of its time or does not fit together is undefined. */
export function inspect(material: Material | undefined, names: readonly string[], now: number): Inspected {
  const authorities = readBundle(material?.caBundle).filter((ca) => ca.ca && isValidAt(ca, now));
  const certificate = readCertificate(material?.cert);
  const isServable =
    certificate &&
    isValidAt(certificate, now) &&
    covers(certificate, names) &&
    isKeyOf(certificate, material?.key);
  const leaf = isServable ? certificate : undefined;
  return {
    authorities,
    signer: authorities.find((ca) => isKeyOf(ca, material?.caKey)),
    leaf,
    issuer: leaf && authorities.find((ca) => isIssuedBy(leaf, ca)),
  };
}

/** Whether two certificates are one and the same. */
export function isSame(a: X509Certificate, b: X509Certificate): boolean {
  return a.fingerprint256 === b.fingerprint256;
}
