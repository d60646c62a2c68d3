import { expect } from "chai";
import forge from "node-forge";
import { isTrusted, readBundle } from "../../../certs/inspect.ts";
import { issueAuthority, issueLeaf, type KeyPair } from "../../../certs/issue.ts";

const life = { now: Date.now(), lifeMs: 3_600_000 };

describe("certs/inspect", () => {
  it("trusts a leaf by its authority, by the chain that comes with it, or by itself, and no other", async () => {
    const [root, plain, stranger] = await Promise.all([1, 2, 3].map(() => issueAuthority(life)));
    if (!root || !plain || !stranger) throw new Error("no authority");
    const middle = signedBy(root, plain);
    const leaf = await issueLeaf(middle, ["serin.test"], life);
    const trusted = (chain: readonly KeyPair[], by: KeyPair) =>
      isTrusted(readBundle(chain.map(({ cert }) => cert).join("")), readBundle(by.cert));
    expect(trusted([leaf], middle), "its authority").to.equal(true);
    expect(trusted([leaf, middle], root), "its chain").to.equal(true);
    expect(trusted([leaf, stranger, middle], root), "its chain in any order").to.equal(true);
    expect(trusted([leaf], leaf), "itself").to.equal(true);
    expect(trusted([leaf], root), "a chain that is not sent").to.equal(false);
    expect(trusted([leaf, middle], stranger), "another authority").to.equal(false);
    expect(trusted([leaf, stranger], stranger), "an authority that did not sign").to.equal(false);
    expect(trusted([], root), "no certificate").to.equal(false);
  });
});

/** The same authority, signed by another one. */
function signedBy(root: KeyPair, { cert, key }: KeyPair): KeyPair {
  const signed = forge.pki.certificateFromPem(cert);
  signed.setIssuer(forge.pki.certificateFromPem(root.cert).subject.attributes);
  signed.sign(forge.pki.privateKeyFromPem(root.key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(signed), key };
}
