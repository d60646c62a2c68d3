import { expect } from "chai";
import fc from "fast-check";
import { type CertificateDecision, decideCertificate, nextDecisionAt } from "../../../certs/decide.ts";
import { issueAuthority, issueLeaf, type KeyPair } from "../../../certs/issue.ts";
import { dataOf, type Material, materialOf } from "../../../certs/material.ts";

const now = Date.UTC(2026, 0, 1);
const dayMs = 24 * 3_600_000;
const names = ["serin.serin-system.svc", "serin.serin-system"] as const;

describe("certs/decide", () => {
  let first: KeyPair;
  let second: KeyPair;
  let leaf: KeyPair;
  let otherNames: KeyPair;
  let good: Material;
  let moving: Material;

  before(async () => {
    first = await issueAuthority({ now, lifeMs: 3_650 * dayMs });
    second = await issueAuthority({ now: now + dayMs, lifeMs: 3_650 * dayMs });
    leaf = await issueLeaf(first, [...names], { now, lifeMs: 90 * dayMs });
    otherNames = await issueLeaf(first, ["other.svc"], { now, lifeMs: 90 * dayMs });
    good = { caBundle: first.cert, caKey: first.key, ...leaf };
    moving = { ...good, caBundle: first.cert + second.cert, caKey: second.key };
  });

  const rows: [string, () => Material | undefined, number, CertificateDecision][] = [
    ["nothing there", () => undefined, 0, "renew-all"],
    ["empty entries", () => materialOf({ metadata: { name: "x" } }), 0, "renew-all"],
    ["fresh", () => good, 0, "keep"],
    ["just before two thirds of the leaf's life", () => good, 60 * dayMs - 1, "keep"],
    ["two thirds of the leaf's life are over", () => good, 60 * dayMs, "renew-leaf"],
    ["the leaf has expired", () => good, 90 * dayMs, "renew-leaf"],
    ["two thirds of the authority's life are over", () => good, 2_434 * dayMs, "renew-all"],
    ["all has expired", () => good, 4_000 * dayMs, "renew-all"],
    ["all is of the future", () => good, -2 * dayMs, "renew-all"],
    ["the certificate is garbage", () => ({ ...good, cert: "x" }), 0, "renew-leaf"],
    ["the key is garbage", () => ({ ...good, key: "x" }), 0, "renew-leaf"],
    ["the key is another's", () => ({ ...good, key: second.key }), 0, "renew-leaf"],
    ["the names are others", () => ({ ...good, ...otherNames }), 0, "renew-leaf"],
    ["the bundle is garbage", () => ({ ...good, caBundle: "x" }), 0, "renew-all"],
    ["the authority's key is garbage", () => ({ ...good, caKey: "x" }), 0, "renew-all"],
    ["the authority's key is another's", () => ({ ...good, caKey: second.key }), 0, "renew-all"],
    [
      "a leaf of an authority that is not trusted",
      () => ({ ...good, caBundle: second.cert, caKey: second.key }),
      dayMs,
      "renew-leaf",
    ],
    [
      "a leaf stands for an authority",
      () => ({ ...good, caBundle: leaf.cert, caKey: leaf.key }),
      0,
      "renew-all",
    ],
    ["a new authority has just been added", () => moving, dayMs, "keep"],
    ["a new authority has settled", () => moving, dayMs + 60_000, "renew-leaf"],
    [
      "a new authority has not settled, but the leaf is spoiled",
      () => ({ ...moving, cert: "" }),
      dayMs,
      "renew-leaf",
    ],
  ];
  for (const [what, material, after, decision] of rows) {
    it(`${decision} when ${what}`, () => {
      expect(decideCertificate(material(), names, now + after)).to.equal(decision);
    });
  }

  it("survives the way through a Secret", () => {
    expect(materialOf({ metadata: { name: "x" }, data: dataOf(moving) })).to.deep.equal(moving);
  });

  it("never throws, whatever the Secret holds", () => {
    const pem = fc.constantFrom(first.cert, second.cert, leaf.cert, first.key, leaf.key, "", "x");
    const text = fc.oneof(
      pem,
      fc.string(),
      fc.tuple(pem, fc.string(), pem).map((parts) => parts.join("")),
    );
    const material = fc.record({ caBundle: text, caKey: text, cert: text, key: text });
    fc.assert(
      fc.property(material, fc.integer({ min: -10, max: 4_000 }), (some, days) => {
        expect(["keep", "renew-leaf", "renew-all"]).to.include(
          decideCertificate(some, names, now + days * dayMs),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("keeps until the announced instant and not a moment longer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("good", "moving"),
        fc.integer({ min: 0, max: 200 * 24 }),
        (which, hours) => {
          const material = which === "good" ? good : moving;
          const at = now + hours * 3_600_000;
          if (decideCertificate(material, names, at) !== "keep") return;
          const next = nextDecisionAt(material, names, at);
          expect(decideCertificate(material, names, next - 1)).to.equal("keep");
          expect(decideCertificate(material, names, next)).to.not.equal("keep");
        },
      ),
      { numRuns: 100 },
    );
  });
});
