import { createVerify, generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { googleCloudMonitoringProvider } from "../../../providers/google-cloud-monitoring.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { settingsOf } from "../../../providers/settings.ts";
import { at, atSeconds, behavesAsProvider, window } from "./behaviour.ts";
import { startServer } from "./server.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const keyFile = (url: string) => ({
  project: "my-project",
  serviceAccountKey: JSON.stringify({
    type: "service_account",
    client_email: "serin@my-project.iam.gserviceaccount.com",
    private_key: privateKey,
    token_uri: `${url}/token`,
  }),
});
const token = (expires_in = 3600) => ({
  body: JSON.stringify({ access_token: "ya29.t0ken", expires_in, token_type: "Bearer" }),
});

type Points = readonly (readonly [ms: number, value: Readonly<Record<string, unknown>>])[];

const answer = (...series: readonly Points[]) =>
  JSON.stringify({
    timeSeriesDescriptor: { pointDescriptors: [{ key: "value.rate", valueType: "DOUBLE" }] },
    timeSeriesData: series.map((points) => ({
      labelValues: [],
      pointData: points.map(([ms, value]) => ({
        values: [value],
        timeInterval: { startTime: new Date(ms - 60_000).toISOString(), endTime: new Date(ms).toISOString() },
      })),
    })),
  });

behavesAsProvider(
  "Google Cloud Monitoring",
  {
    make: googleCloudMonitoringProvider,
    secret: keyFile,
    query: "fetch k8s_container | metric 'istio.io/service/server/response_latencies'",
    hidden: [privateKey.trim()],
    prelude: ({ path }) => (path === "/token" ? token() : undefined),
    answers: {
      value: answer([
        [at, { doubleValue: 42 }],
        [at - 60_000, { doubleValue: 1 }],
      ]),
      several: answer([[at, { doubleValue: 1 }]], [[at, { doubleValue: 2 }]]),
      nothing: "{}",
      gaps: answer([[at, {}]]),
      notANumber: answer([[at, { doubleValue: "NaN" }]]),
      stale: answer([[at - 240_000, { doubleValue: 42 }]]),
    },
    refusal: JSON.stringify({ error: { code: 403, message: "no such thing", status: "PERMISSION_DENIED" } }),
  },
  (bench) => {
    it("posts MQL to the project with a bearer token", async () => {
      bench.answerWith(answer());
      await bench.read();
      const { method, path, headers, body } = bench.server.last();
      expect(`${method} ${path}`).to.equal("POST /v3/projects/my-project/timeSeries:query");
      expect(headers).to.include({ authorization: "Bearer ya29.t0ken", "content-type": "application/json" });
      expect(JSON.parse(body)).to.deep.equal({
        query: "fetch k8s_container | metric 'istio.io/service/server/response_latencies'",
      });
    });

    it("reads a whole number, which comes as text", async () => {
      bench.answerWith(answer([[at, { int64Value: "42" }]]));
      expect(await bench.read()).to.deep.equal({ kind: "value", value: 42, at });
    });

    it("reports that two columns are several values", async () => {
      const values = [{ doubleValue: 1 }, { doubleValue: 2 }];
      const pointData = [{ values, timeInterval: { endTime: new Date(at).toISOString() } }];
      bench.answerWith(JSON.stringify({ timeSeriesData: [{ pointData }] }));
      expect(await bench.read()).to.have.property("kind", "several");
    });

    it("does not judge by a part of the answer", async () => {
      const partialErrors = [{ code: 8, message: "too much data" }];
      bench.answerWith(JSON.stringify({ ...JSON.parse(answer([[at, { doubleValue: 1 }]])), partialErrors }));
      const error = await bench.read().catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain("answers in part: too much data");
    });
  },
);

describe("the token of a Google service account", () => {
  it("is asked for with a signed assertion, and again shortly before it expires", async () => {
    const server = await startServer();
    server.answer = ({ path }) => (path === "/token" ? token() : { body: "{}" });
    let now = at;
    const settings = settingsOf("gcm", { address: server.url, ...keyFile(server.url) });
    const provider = googleCloudMonitoringProvider(settings, { clock: { now: () => now } });
    const tokens = () => server.snapshot.filter(({ path }) => path === "/token");
    await provider.read("fetch", window);
    now += 3_539_000;
    await provider.read("fetch", window);
    expect(tokens()).to.have.length(1);
    now += 1_000;
    await provider.read("fetch", window);
    expect(tokens()).to.have.length(2);
    server.close();

    const form = new URLSearchParams(tokens()[0]?.body);
    expect(form.get("grant_type")).to.equal("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [header = "", claims = "", signature = ""] = form.get("assertion")?.split(".") ?? [];
    const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    expect(decode(header)).to.deep.equal({ alg: "RS256", typ: "JWT" });
    expect(decode(claims)).to.deep.equal({
      iss: "serin@my-project.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/monitoring.read",
      aud: `${server.url}/token`,
      iat: atSeconds,
      exp: atSeconds + 3600,
    });
    const verify = createVerify("RSA-SHA256").update(`${header}.${claims}`);
    expect(verify.verify(publicKey, signature, "base64url")).to.equal(true);
  });

  for (const serviceAccountKey of ["nonsense", "{}", "null", '{"client_email":"x","private_key":"PEM"}']) {
    it(`is not asked for with the key file ${serviceAccountKey}`, async () => {
      const settings = settingsOf("gcm", { project: "p", serviceAccountKey });
      const read = async () => {
        const provider = googleCloudMonitoringProvider(settings, { clock: { now: () => at } });
        return provider.read("fetch", window);
      };
      const error = await read().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      expect(String(error)).to.contain("serviceAccountKey");
    });
  }
});
