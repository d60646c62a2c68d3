import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type forge from "node-forge";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** The start (ms since the epoch) and the length (ms) of a certificate's validity. */
export interface Life {
  readonly now: number;
  readonly lifeMs: number;
}

/**
 * How long (ms) before the issue the validity begins. An API server whose clock is further behind would refuse the certificate, and
 * so every new version. A longer time costs nothing: the key did not exist then.
 */
export const backdateMs = 24 * 3_600_000;

/** Serin issues a certificate every other month at most, so a process loads the library for it when it does. */
const load = async () => (await import("node-forge")).default;

type Pki = typeof forge.pki;

/** The names under which the cluster reaches a Service. */
export function serviceNames(service: string, namespace: string): string[] {
  const short = `${service}.${namespace}`;
  return [`${short}.svc`, `${short}.svc.cluster.local`, short];
}

/** Issues a certificate authority that may sign leaves only. Its subject is unique, so that clients can trust two. */
export async function issueAuthority({ now, lifeMs }: Life): Promise<KeyPair> {
  const { md, pki } = await load();
  const { cert, key, pem } = await draft(pki, { now, lifeMs });
  const subject = [{ name: "commonName", value: `serin-ca-${cert.serialNumber.slice(2, 18)}` }];
  cert.setSubject(subject);
  cert.setIssuer(subject);
  cert.setExtensions([
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  cert.sign(key, md.sha256.create());
  return { cert: pemOf(pki, cert), key: pem };
}

/** Issues a serving certificate for host names; it never outlives its authority. */
export async function issueLeaf(
  authority: KeyPair,
  names: readonly [string, ...string[]],
  { now, lifeMs }: Life,
): Promise<KeyPair> {
  const { md, pki } = await load();
  const issuer = pki.certificateFromPem(authority.cert);
  const { cert, pem } = await draft(pki, { now, lifeMs });
  if (cert.validity.notAfter > issuer.validity.notAfter) cert.validity.notAfter = issuer.validity.notAfter;
  // A common name holds 64 characters; clients look at the alternative names only.
  cert.setSubject([{ name: "commonName", value: names[0].slice(0, 64) }]);
  cert.setIssuer(issuer.subject.attributes);
  cert.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    { name: "subjectAltName", altNames: names.map(alternativeName) },
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  cert.sign(pki.privateKeyFromPem(authority.key), md.sha256.create());
  return { cert: pemOf(pki, cert), key: pem };
}

async function draft(pki: Pki, { now, lifeMs }: Life) {
  // node:crypto works off the main thread; node-forge takes seconds on a slow machine.
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const key = pki.privateKeyFromPem(privateKey);
  const cert = pki.createCertificate();
  cert.publicKey = pki.setRsaPublicKey(key.n, key.e);
  cert.serialNumber = serialNumberOf(randomBytes(16));
  cert.validity.notBefore = new Date(now - backdateMs);
  cert.validity.notAfter = new Date(now + lifeMs);
  return { cert, key, pem: privateKey };
}

/**
 * A certificate's serial number (hex) of 16 random bytes. The function sets the highest bit, so that the zero byte before it
 * keeps the number positive and DER needs this byte: OpenSSL refuses a number that is not in DER's shortest form.
 */
export function serialNumberOf([first = 0, ...rest]: Uint8Array): string {
  return `00${Buffer.from([first | 0x80, ...rest]).toString("hex")}`;
}

/** The certificate with the line ends of node:crypto, so that the same certificate always has the same text. */
function pemOf(pki: Pki, certificate: forge.pki.Certificate): string {
  return pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}

const dns = 2;
const ip = 7;

function alternativeName(name: string) {
  return /^[\d.]+$|:/.test(name) ? { type: ip, ip: name } : { type: dns, value: name };
}
