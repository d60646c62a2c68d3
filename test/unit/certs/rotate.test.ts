import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { decideCertificate } from "../../../certs/decide.ts";
import { isIssuedBy, readBundle } from "../../../certs/inspect.ts";
import { issueAuthority } from "../../../certs/issue.ts";
import { type Material, materialOf } from "../../../certs/material.ts";
import { type CertificateOptions, defaultLives, ensureCertificate } from "../../../certs/rotate.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { ApiError } from "../../../kube/client/errors.ts";
import { secrets } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { FakeClock } from "../../support/clock.ts";

const dayMs = 24 * 3_600_000;
const names = ["serin.serin-system.svc"] as const;
const key = "serin-system/serin-certificate";

describe("certs/rotate", () => {
  let api: FakeApi;
  let kube: Kube;
  let clock: FakeClock;

  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    clock = new FakeClock();
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
  });

  const ensure = (more: Partial<CertificateOptions> = {}) =>
    ensureCertificate({
      kube,
      namespace: "serin-system",
      name: "serin-certificate",
      names: [...names],
      clock,
      ...more,
    });
  const stored = () => materialOf(api.store.get("/v1/secrets", key));
  const writes = () => api.requests.filter(({ method }) => method !== "GET").length;
  const isServable = ({ cert, caBundle }: Material) =>
    readBundle(caBundle).some((ca) => isIssuedBy(new X509Certificate(cert), ca));

  it("creates, then keeps without a write", async () => {
    const first = await ensure();
    expect(api.store.get("/v1/secrets", key).type).to.equal("Opaque");
    expect(first.nextAt).to.equal(clock.now() + 60 * dayMs);
    expect(await ensure()).to.deep.equal(first);
    expect(writes()).to.equal(1);
  });

  it("lets five replicas agree", async () => {
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => ensure()));
    expect(new Set(results.map(({ cert }) => cert)).size).to.equal(1);
    await clock.advance(61 * dayMs);
    const renewed = await Promise.all([1, 2, 3, 4, 5].map(() => ensure()));
    expect(new Set(renewed.map(({ cert }) => cert)).size).to.equal(1);
    expect(renewed[0]?.cert).to.not.equal(results[0]?.cert);
    expect(renewed[0]?.caBundle).to.equal(results[0]?.caBundle);
  });

  it("replaces an authority in three steps: trusted, then used, then the old one dropped", async () => {
    const first = await ensure();
    await clock.advance(2_434 * dayMs);
    // The leaf in use was renewed along the way; here it is renewed together with the authority.
    const second = await ensure();
    expect(readBundle(second.caBundle)).to.have.length(2);
    expect(isServable(second)).to.equal(true);
    expect(second.caBundle.startsWith(first.caBundle.trim())).to.equal(true);
    await clock.advance(61 * dayMs);
    const third = await ensure();
    expect(readBundle(third.caBundle)).to.have.length(1);
    expect(isServable(third)).to.equal(true);
  });

  it("serves the old leaf until the new authority has settled and was made to be trusted", async () => {
    const lives = { ...defaultLives, authorityMs: 120 * dayMs };
    const first = await ensure({ lives });
    await clock.advance(61 * dayMs);
    const leafOfOld = await ensure({ lives });
    await clock.advance(20 * dayMs);
    const both = await ensure({ lives });
    expect(both.cert).to.equal(leafOfOld.cert);
    expect(readBundle(both.caBundle)).to.have.length(2);
    expect(both.nextAt).to.equal(clock.now() + 60_000);
    await clock.advance(60_000);
    const refused = await ensure({ lives, trust: () => Promise.reject(new Error("no")) }).catch(
      (error: Error) => error.message,
    );
    expect(refused).to.equal("no");
    let attempts = 0;
    const missing = async () => {
      attempts += 1;
      throw new ApiError(404, "NotFound", "no such webhook configuration");
    };
    const failed = await ensure({ lives, trust: missing }).catch((error: Error) => error.message);
    expect([failed, attempts]).to.deep.equal(["no such webhook configuration", 1]);
    expect(stored().cert).to.equal(leafOfOld.cert);
    const trusted: string[] = [];
    const moved = await ensure({ lives, trust: async (bundle) => void trusted.push(bundle) });
    expect(trusted).to.deep.equal([both.caBundle]);
    expect(moved.cert).to.not.equal(leafOfOld.cert);
    expect(readBundle(moved.caBundle)).to.have.length(2);
    await clock.advance(61 * dayMs);
    const rest = await ensure({ lives });
    expect(readBundle(rest.caBundle)).to.have.length(1);
    expect(first.caBundle).to.not.contain(rest.caBundle.trim());
  });

  const spoils: [string, Record<string, string>][] = [
    ["an empty certificate", { "tls.crt": "" }],
    ["a garbage key", { "tls.key": "eA==" }],
    ["a garbage bundle", { "ca.crt": "eA==" }],
    ["not even base64", { "ca.crt": "%%%", "ca.key": "%%%", "tls.crt": "%%%", "tls.key": "%%%" }],
  ];
  for (const [what, data] of spoils) {
    it(`heals ${what}`, async () => {
      await ensure();
      api.change(secrets, key, { data });
      const healed = await ensure();
      expect(isServable(healed)).to.equal(true);
      expect(decideCertificate(stored(), names, clock.now())).to.equal("keep");
    });
  }

  it("fills a Secret that an administrator created empty, and keeps its labels", async () => {
    const metadata = { namespace: "serin-system", name: "serin-certificate", labels: { team: "a" } };
    api.add(secrets, { metadata });
    expect(isServable(await ensure())).to.equal(true);
    expect(api.store.get("/v1/secrets", key).metadata.labels).to.deep.equal({ team: "a" });
  });

  it("heals the wrong authority, keeping the key of none", async () => {
    await ensure();
    const other = await issueAuthority({ now: clock.now(), lifeMs: dayMs });
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    api.change(secrets, key, { data: { "ca.crt": base64(other.cert), "ca.key": base64(other.key) } });
    expect(isServable(await ensure())).to.equal(true);
  });

  it("writes back what it serves when the Secret was deleted or emptied", async () => {
    const served = await ensure();
    api.remove(secrets, key);
    expect((await ensure({ served })).cert).to.equal(served.cert);
    api.change(secrets, key, { data: null });
    expect((await ensure({ served })).cert).to.equal(served.cert);
  });

  for (const [what, days] of [
    ["certificate", 61],
    ["authority", 81],
  ] as const) {
    it(`writes back what it serves when the Secret was deleted and the ${what} is due, and renews that as ever`, async () => {
      const lives = { ...defaultLives, authorityMs: 120 * dayMs };
      let served = await ensure({ lives });
      for (let passed = 25; passed < days; passed += 25) {
        await clock.advance(25 * dayMs);
        served = await ensure({ lives });
      }
      await clock.advance((days % 25) * dayMs);
      api.remove(secrets, key);
      const restored = await ensure({ lives, served });
      expect(restored.cert, "which clients trust").to.equal(served.cert);
      expect(restored.nextAt, "due").to.be.at.most(clock.now());
      const next = await ensure({ lives, served: restored, trust: async () => {} });
      expect(isServable({ ...next, caBundle: served.caBundle }), "which clients trust").to.equal(true);
    });
  }

  it("writes back what it serves when the Secret has another authority, which would not be trusted yet", async () => {
    const served = await ensure();
    const other = await issueAuthority({ now: clock.now(), lifeMs: dayMs });
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    for (const data of [
      { "ca.crt": base64(other.cert) },
      { "ca.crt": base64(other.cert), "ca.key": base64(other.key) },
    ]) {
      api.change(secrets, key, { data });
      const { cert, caBundle } = await ensure({ served });
      expect(cert).to.equal(served.cert);
      expect(caBundle).to.equal(served.caBundle);
    }
  });

  it("passes on what the API refuses", async () => {
    api.faults.push(({ method }) => (method === "POST" ? { status: 403 } : undefined));
    const error = await ensure().catch((cause) => cause.status);
    expect(error).to.equal(403);
  });
});
