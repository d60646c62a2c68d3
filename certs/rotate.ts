import type { Kube } from "../kube/client/api.ts";
import { ifNotFound, isAlreadyExists, isConflict, isNotFound } from "../kube/client/errors.ts";
import { retryOnConflict } from "../kube/client/retry-on-conflict.ts";
import type { Clock } from "../kube/core/clock.ts";
import { secrets } from "../kube/core/resources.ts";
import {
  type CertificateDecision,
  decideCertificate,
  inspect,
  isSame,
  nextDecisionAt,
  trustSettleMs,
} from "./decide.ts";
import { issueAuthority, issueLeaf } from "./issue.ts";
import { dataOf, type Material, materialOf, type Secret } from "./material.ts";

/** How long certificates live and settle, in milliseconds. */
export interface Lives {
  /** The authority's life; ten years. */
  readonly authorityMs: number;
  /** The serving certificate's life; 90 days. */
  readonly leafMs: number;
  /** How long clients trust an authority before Serin serves a leaf of it; a minute. */
  readonly settleMs: number;
}

const dayMs = 24 * 3_600_000;

/** The lives outside of tests. */
export const defaultLives: Lives = {
  authorityMs: 3_650 * dayMs,
  leafMs: 90 * dayMs,
  settleMs: trustSettleMs,
};

/** The Secret, and the host names of its certificate. */
export interface CertificateOptions {
  readonly kube: Kube;
  readonly namespace: string;
  /** The name of the Secret. */
  readonly name: string;
  readonly names: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly lives?: Lives;
  /** The material that this process serves. Serin writes it back if the Secret is gone or spoiled. */
  readonly served?: Material | undefined;
  /** Makes clients trust the bundle. Called before Serin writes a leaf of a new authority. */
  readonly trust?: ((caBundle: string) => Promise<void>) | undefined;
}

/** A certificate to serve until the next decision. */
export interface Certificate extends Material {
  /** When to decide again, in milliseconds since the epoch. */
  readonly nextAt: number;
}

/** More attempts than elsewhere: replicas that start together conflict more often than other writers. */
const ATTEMPTS = 10;

/**
 * Reads the Secret, and creates, repairs or renews it if necessary. The first replica to write wins, and the others adopt
 * its result. Throws the errors of the API and of `trust`.
 */
export async function ensureCertificate(options: CertificateOptions): Promise<Certificate> {
  const { kube, namespace, name, names, clock, lives = defaultLives } = options;
  const read = () => kube.get<Secret>(secrets, { namespace, name }).catch(ifNotFound(undefined));
  let refused: unknown;
  const make = (decision: CertificateDecision, material: Material | undefined) =>
    succeed(options, decision, material).catch((error: unknown) => {
      refused = error;
      throw error;
    });
  return retryOnConflict(
    read,
    async (secret) => {
      const material = secret && materialOf(secret);
      const now = clock.now();
      const decision = decideCertificate(material, names, now, lives.settleMs);
      const kept =
        material && decision === "keep"
          ? material
          : materialOf(await write(options, secret, await make(decision, material)));
      return { ...kept, nextAt: nextDecisionAt(kept, names, clock.now(), lives.settleMs) };
    },
    // A webhook configuration that is missing is not a faster replica: each attempt would cost new keys.
    { attempts: ATTEMPTS, isRetried: (error) => error !== refused && isOvertaken(error) },
  );
}

/** Another replica was faster to create, change or delete the Secret. */
function isOvertaken(error: unknown): boolean {
  return isConflict(error) || isAlreadyExists(error) || isNotFound(error);
}

/** The material that follows from a decision. */
async function succeed(
  options: CertificateOptions,
  decision: CertificateDecision,
  material: Material | undefined,
) {
  const { names, clock, lives = defaultLives, served, trust } = options;
  const now = clock.now();
  const { leaf, issuer } = inspect(material, names, now);
  const isSpoiled = !leaf || !issuer;
  // Clients trust it, so a successor of it can follow as ever, also if one is due.
  if (isSpoiled && served && isServable(served, names, now)) return served;
  if (decision === "renew-all" || !material) return renewAll(material, names, now, lives);
  const successor = await renewLeaf(material, names, now, lives);
  if (leaf) await trust?.(successor.caBundle);
  return successor;
}

function isServable(material: Material, names: readonly string[], now: number): boolean {
  const { signer, leaf, issuer } = inspect(material, names, now);
  return [signer, leaf, issuer].every((part) => part !== undefined);
}

/** A new authority next to the present one, whose leaf stays. Without a valid leaf, a new leaf at once. */
async function renewAll(
  material: Material | undefined,
  names: readonly [string, ...string[]],
  now: number,
  { authorityMs, leafMs }: Lives,
): Promise<Material> {
  const { authorities, leaf, issuer } = inspect(material, names, now);
  const authority = await issueAuthority({ now, lifeMs: authorityMs });
  const previous = issuer ?? authorities.at(-1);
  const caBundle = (previous?.toString() ?? "") + authority.cert;
  if (material && leaf && issuer) return { ...material, caBundle, caKey: authority.key };
  return { caBundle, caKey: authority.key, ...(await issueLeaf(authority, names, { now, lifeMs: leafMs })) };
}

/** A new leaf of the signing authority. Drops the predecessor once no replica serves a leaf of it. */
async function renewLeaf(
  material: Material,
  names: readonly [string, ...string[]],
  now: number,
  { leafMs }: Lives,
): Promise<Material> {
  const { signer, issuer, authorities } = inspect(material, names, now);
  if (!signer) throw new Error("no signing authority");
  const authority = { cert: signer.toString(), key: material.caKey };
  const trusted = issuer && isSame(issuer, signer) ? [signer] : authorities;
  const caBundle = trusted.map(String).join("");
  return { caBundle, caKey: material.caKey, ...(await issueLeaf(authority, names, { now, lifeMs: leafMs })) };
}

/** Replaces only the version that was read. Returns the stored Secret. */
async function write(
  { kube, namespace, name }: CertificateOptions,
  secret: Secret | undefined,
  material: Material,
): Promise<Secret> {
  const data = dataOf(material);
  if (!secret) {
    const body = { apiVersion: "v1", kind: "Secret", metadata: { name }, type: "Opaque", data };
    return kube.create<Secret>(secrets, { namespace }, body);
  }
  const { resourceVersion } = secret.metadata;
  return kube.mergePatch<Secret>(secrets, { namespace, name }, { metadata: { resourceVersion }, data });
}
