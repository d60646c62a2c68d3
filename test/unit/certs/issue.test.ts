import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import forge from "node-forge";
import {
  covers,
  dueAt,
  isIssuedBy,
  isKeyOf,
  isValidAt,
  readBundle,
  readCertificate,
} from "../../../certs/inspect.ts";
import {
  backdateMs,
  issueAuthority,
  issueLeaf,
  type KeyPair,
  serialNumberOf,
  serviceNames,
} from "../../../certs/issue.ts";

const now = Date.UTC(2026, 0, 1);
const dayMs = 24 * 3_600_000;
const names = serviceNames("serin", "serin-system") as [string, ...string[]];

describe("certs/issue", () => {
  let authority: KeyPair;
  let leaf: KeyPair;
  let ca: X509Certificate;
  let cert: X509Certificate;

  before(async () => {
    authority = await issueAuthority({ now, lifeMs: 3_650 * dayMs });
    leaf = await issueLeaf(authority, names, { now, lifeMs: 90 * dayMs });
    ca = new X509Certificate(authority.cert);
    cert = new X509Certificate(leaf.cert);
  });

  it("issues a leaf that its authority signed, for every name of the Service", () => {
    expect(isIssuedBy(cert, ca)).to.equal(true);
    expect(isKeyOf(cert, leaf.key)).to.equal(true);
    expect(
      covers(cert, ["serin.serin-system.svc", "serin.serin-system.svc.cluster.local", "serin.serin-system"]),
    ).to.equal(true);
    expect(covers(cert, ["serin.other.svc"])).to.equal(false);
    expect(cert.ca).to.equal(false);
    expect(cert.keyUsage).to.deep.equal(["1.3.6.1.5.5.7.3.1"]);
  });

  it("distinguishes an authority from its leaf and from another authority", async () => {
    const other = new X509Certificate((await issueAuthority({ now, lifeMs: dayMs })).cert);
    expect(ca.ca).to.equal(true);
    expect(new Set([ca.subject, cert.subject, other.subject]).size).to.equal(3);
    expect(isIssuedBy(cert, other)).to.equal(false);
    expect(isIssuedBy(cert, cert)).to.equal(false);
  });

  it("numbers certificates with 128 bits, random but for the first one, positive", () => {
    for (const { serialNumber } of [ca, cert]) {
      expect(serialNumber).to.match(/^[89A-F][0-9A-F]{31}$/);
    }
    expect(ca.serialNumber).to.not.equal(cert.serialNumber);
  });

  it("makes certificates that OpenSSL reads of whatever bytes chance gives", () => {
    const made = forge.pki.certificateFromPem(authority.cert);
    const key = forge.pki.privateKeyFromPem(authority.key);
    const signed = (serialNumber: string) => {
      Object.assign(made, { serialNumber });
      made.sign(key, forge.md.sha256.create());
      return readCertificate(forge.pki.certificateToPem(made));
    };
    const zeros = Array.from({ length: 14 }, () => 0);
    for (const bytes of [
      [0, 0],
      [0, 1],
      [0, 0x7f],
      [0, 0x80],
      [1, 0],
      [0x7f, 0xff],
      [0x80, 0],
      [0xff, 0xff],
    ])
      expect(signed(serialNumberOf(Uint8Array.from([...bytes, ...zeros]))), bytes.join()).to.not.equal(
        undefined,
      );
    expect(signed(`0000${"01".repeat(15)}`), "two zero bytes in a row").to.equal(undefined);
  });

  it("is valid by the clock of an API server that is some hours behind, as is its authority", () => {
    for (const each of [cert, ca]) expect(isValidAt(each, now - 12 * 3_600_000)).to.equal(true);
  });

  it("begins before its issue, is due at two thirds and never outlives its authority", async () => {
    expect(cert.validFromDate.getTime()).to.equal(now - backdateMs);
    expect(dueAt(cert)).to.equal(now + 60 * dayMs);
    expect(isValidAt(cert, now + 90 * dayMs - 1)).to.equal(true);
    expect(isValidAt(cert, now + 90 * dayMs)).to.equal(false);
    const long = await issueLeaf(authority, names, { now, lifeMs: 5_000 * dayMs });
    expect(new X509Certificate(long.cert).validTo).to.equal(ca.validTo);
  });

  it("fits names of every length", async () => {
    const longest = serviceNames("s".repeat(63), "n".repeat(63)) as [string, ...string[]];
    const { cert: pem } = await issueLeaf(authority, longest, { now, lifeMs: dayMs });
    expect(covers(new X509Certificate(pem), longest)).to.equal(true);
  });

  it("reads garbage as nothing", () => {
    for (const text of [
      undefined,
      "",
      "x",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ]) {
      expect(readCertificate(text)).to.equal(undefined);
      expect(readBundle(text)).to.deep.equal([]);
      expect(isKeyOf(cert, text)).to.equal(false);
    }
    expect(readBundle(`${authority.cert}garbage\n${leaf.cert}`)).to.have.length(2);
  });
});
