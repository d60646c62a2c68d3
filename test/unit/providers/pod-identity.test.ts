import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { MockAgent } from "undici";
import { cloudWatchProvider } from "../../../providers/cloudwatch.ts";
import { googleCloudMonitoringProvider } from "../../../providers/google-cloud-monitoring.ts";
import { podIdentity } from "../../../providers/pod-identity.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { settingsOf } from "../../../providers/settings.ts";
import { at, window } from "./behaviour.ts";
import { type ApiServer, startServer } from "./server.ts";

const HOUR = 3_600_000;
const expiration = () => new Date(at + HOUR).toISOString();

describe("the pod's identity", () => {
  let server: ApiServer;
  let dir: string;
  let tokenFile: string;
  let now = at;
  const clock = { now: () => now };
  beforeEach(async () => {
    server = await startServer();
    dir = mkdtempSync(join(tmpdir(), "serin-identity-"));
    tokenFile = join(dir, "token");
    writeFileSync(tokenFile, "pod-t0ken");
    now = at;
  });
  afterEach(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  const failureOf = async (work: () => unknown) => {
    const error = await Promise.resolve()
      .then(work)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    return (error as ProviderError).message;
  };

  describe("at AWS", () => {
    const podIdentityEnvironment = () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    });
    const irsaEnvironment = () => ({
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/serin",
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ENDPOINT_URL_STS: server.url,
    });
    const agent = () => ({
      body: JSON.stringify({
        AccessKeyId: "ASIAPOD",
        SecretAccessKey: "s3cret",
        Token: "s3ssion",
        Expiration: expiration(),
      }),
    });

    it("is asked for at the agent of EKS Pod Identity with the pod's token, and kept", async () => {
      server.answer = agent;
      const { aws } = podIdentity(podIdentityEnvironment(), { clock });
      const credentials = await aws("eu-central-1");
      expect(credentials).to.include({
        accessKeyId: "ASIAPOD",
        secretAccessKey: "s3cret",
        sessionToken: "s3ssion",
      });
      expect(server.last()).to.include({ method: "GET", path: "/v1/credentials" });
      expect(server.last().headers.authorization).to.equal("pod-t0ken");
      now += HOUR - 301_000;
      await aws("eu-central-1");
      expect(server.snapshot).to.have.length(1);
      writeFileSync(tokenFile, "renewed");
      now += 2_000;
      await aws("eu-central-1");
      expect(server.snapshot).to.have.length(2);
      expect(server.last().headers.authorization).to.equal("renewed");
    });

    it("is asked for at STS with the web identity token of IRSA", async () => {
      server.answer = () => ({
        headers: { "content-type": "text/xml" },
        body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>
          <SecretAccessKey>s3cret</SecretAccessKey><SessionToken>s3ssion</SessionToken>
          <Expiration>${expiration()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
          </AssumeRoleWithWebIdentityResponse>`,
      });
      const credentials = await podIdentity(irsaEnvironment(), { clock }).aws("eu-central-1");
      expect(credentials).to.include({
        accessKeyId: "ASIAROLE",
        secretAccessKey: "s3cret",
        sessionToken: "s3ssion",
      });
      expect(Object.fromEntries(new URLSearchParams(server.last().body))).to.include({
        Action: "AssumeRoleWithWebIdentity",
        RoleArn: "arn:aws:iam::123456789012:role/serin",
        RoleSessionName: "serin",
        WebIdentityToken: "pod-t0ken",
      });
    });

    it("signs what CloudWatch is asked", async () => {
      server.answer = ({ path }) =>
        path === "/v1/credentials" ? agent() : { body: '{"MetricDataResults":[]}' };
      const identity = podIdentity(podIdentityEnvironment(), { clock });
      const settings = settingsOf("cw", { region: "eu-central-1", address: server.url });
      await cloudWatchProvider(settings, { clock, identity }).read("[]", window);
      expect(server.last().headers["x-amz-security-token"]).to.equal("s3ssion");
      expect(server.last().headers.authorization).to.contain(
        "Credential=ASIAPOD/20260101/eu-central-1/monitoring",
      );
    });

    it("is not used for a Secret that has keys", async () => {
      server.answer = () => ({ body: '{"MetricDataResults":[]}' });
      const identity = podIdentity(podIdentityEnvironment(), { clock });
      const keys = { aws_access_key_id: "AKIDEXAMPLE", aws_secret_access_key: "wJalr" };
      const settings = settingsOf("cw", { region: "eu-central-1", address: server.url, ...keys });
      await cloudWatchProvider(settings, { clock, identity }).read("[]", window);
      expect(server.snapshot).to.have.length(1);
      expect(server.last().headers.authorization).to.contain("Credential=AKIDEXAMPLE/");
    });

    it("is not there unless the operator allows it", async () => {
      const settings = settingsOf("cw", { region: "eu-central-1", address: server.url });
      const message = await failureOf(() => cloudWatchProvider(settings, { clock }));
      expect(message).to.equal("provider cw: its Secret lacks the key aws_access_key_id");
      expect(server.snapshot).to.deep.equal([]);
    });

    it("is asked for at no other address than EKS uses", async () => {
      const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://10.0.0.1/credentials" };
      const message = await failureOf(() => podIdentity(environment, { clock }).aws("eu-central-1"));
      expect(message).to.match(/^AWS gives the pod no credentials: URL not accepted/);
    });

    it("says what AWS refuses, without the token", async () => {
      server.answer = () => ({
        status: 403,
        headers: { "content-type": "text/xml" },
        body: `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>`,
      });
      const message = await failureOf(() => podIdentity(irsaEnvironment(), { clock }).aws("eu-central-1"));
      expect(message).to.equal("AWS gives the pod no credentials: Not authorized");
    });

    it("says where the pod has none", async () => {
      const message = await failureOf(() => podIdentity({}, { clock }).aws("eu-central-1"));
      expect(message).to.contain("bind its ServiceAccount to a role");
    });
  });

  describe("at Google", () => {
    const environment = () => ({ GCE_METADATA_HOST: new URL(server.url).host });
    const token = { access_token: "ya29.p0d", expires_in: 3600, token_type: "Bearer" };

    it("is asked for at the metadata server, and kept", async () => {
      server.answer = () => ({ body: JSON.stringify(token) });
      const { google } = podIdentity(environment(), { clock });
      expect(await google(at)).to.equal("ya29.p0d");
      expect(await google(at + 3_539_000)).to.equal("ya29.p0d");
      expect(server.snapshot).to.have.length(1);
      expect(server.last().path).to.equal("/computeMetadata/v1/instance/service-accounts/default/token");
      expect(server.last().headers["metadata-flavor"]).to.equal("Google");
      await google(at + 3_541_000);
      expect(server.snapshot).to.have.length(2);
    });

    it("goes to Cloud Monitoring as a bearer token", async () => {
      server.answer = () => ({ body: JSON.stringify(token) });
      const identity = podIdentity(environment(), { clock });
      const google = new MockAgent();
      google.disableNetConnect();
      google
        .get("https://monitoring.googleapis.com")
        .intercept({
          path: "/v3/projects/p/timeSeries:query",
          method: "POST",
          headers: { authorization: "Bearer ya29.p0d" },
        })
        .reply(200, {});
      const provider = googleCloudMonitoringProvider(settingsOf("gcm", { project: "p" }), {
        clock,
        identity,
        dispatcher: google,
      });
      expect(await provider.read("fetch", window)).to.include({ kind: "missing" });
      await google.close();
    });

    it("goes to no address that a Secret names", async () => {
      const identity = podIdentity(environment(), { clock });
      const settings = settingsOf("gcm", { project: "p", address: server.url });
      const message = await failureOf(() => googleCloudMonitoringProvider(settings, { clock, identity }));
      expect(message).to.contain("remove address");
      expect(server.snapshot).to.deep.equal([]);
    });

    it("is not there unless the operator allows it", async () => {
      const settings = settingsOf("gcm", { project: "p" });
      const message = await failureOf(() => googleCloudMonitoringProvider(settings, { clock }));
      expect(message).to.equal("provider gcm: its Secret lacks the key serviceAccountKey");
    });

    it("has no token in an answer without one", async () => {
      server.answer = () => ({ body: "{}" });
      const message = await failureOf(() => podIdentity(environment(), { clock }).google(at));
      expect(message).to.equal("Google answers without an access token");
    });
  });
});
