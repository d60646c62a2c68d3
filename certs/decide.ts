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
 * The action for a certificate: `renew-leaf` by the present authority, or `renew-all` with a new authority. Clients must
 * trust a new authority for a while before Serin serves a leaf of it, so `renew-all` keeps a leaf that is still valid.
 */
export type CertificateDecision = "keep" | "renew-leaf" | "renew-all";

/** How long (ms) clients must have trusted an authority before Serin serves a leaf of it. */
export const trustSettleMs = 60_000;

/** A certificate's state, read from its PEM. */
export interface Inspected {
  /** The authorities that are valid now, oldest first. */
  readonly authorities: readonly X509Certificate[];
  /** The authority whose key the Secret holds. */
  readonly signer: X509Certificate | undefined;
  /** The serving certificate, if it is valid now, has its key and covers the names. */
  readonly leaf: X509Certificate | undefined;
  /** The trusted authority that issued the leaf. */
  readonly issuer: X509Certificate | undefined;
}

/** Decides about the material for these names, at `now` (ms since the epoch). */
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

/** When to decide again about material that is kept, in ms since the epoch. */
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

/** Reads the material. A part that is missing, broken, not valid now or without its counterpart is undefined. */
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
