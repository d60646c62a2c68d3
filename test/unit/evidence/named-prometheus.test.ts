import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { expect } from "chai";
import { issueAuthority, issueLeaf, type KeyPair } from "../../../certs/issue.ts";
import { prometheusBy } from "../../../evidence/named-prometheus.ts";
import { prometheus } from "../../../evidence/prometheus.ts";
import { reportPrometheus } from "../../../evidence/report-prometheus.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { rememberingLog } from "../../support/log.ts";

const instant = { from: 0, to: 0, stepMs: 5_000 };
const life = { now: Date.now(), lifeMs: 3_600_000 };
const empty = JSON.stringify({ status: "success", data: { resultType: "vector", result: [] } });

describe("the Prometheus of a plan", () => {
  let authority: KeyPair;
  let client: KeyPair;
  let server: Server;
  let address: string;
  let seen: { headers: Record<string, unknown>; isKnown: boolean }[];

  before(async () => {
    authority = await issueAuthority(life);
    const leaf = await issueLeaf(authority, ["localhost"], life);
    client = await issueLeaf(authority, ["serin"], life);
    const tls = {
      cert: leaf.cert,
      key: leaf.key,
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: false,
    };
    server = createServer(tls, (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push({ headers: request.headers, isKnown: subject !== undefined });
      response.end(empty);
    }).listen(0, "localhost");
    await once(server, "listening");
    address = `https://localhost:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    seen = [];
  });

  /** Asks the provider of a Secret with this data. */
  async function ask(data: Record<string, string>, name = "mimir", names = ["mimir"]) {
    const encoded = Object.entries({ provider: "prometheus", address, ...data }).map(([key, value]) => [
      key,
      Buffer.from(value).toString("base64"),
    ]);
    const secret = { metadata: { name: "mimir", resourceVersion: "1" }, data: Object.fromEntries(encoded) };
    const kube = { get: async () => secret as never };
    const usual = { over: async () => new Map([[1, []]]), scrapes: async () => undefined };
    const by = prometheusBy({ kube, namespace: "serin-system", names, clock: { now: () => 0 } }, usual);
    return (name === "none" ? by() : by(name)).over("up", instant);
  }
  const refusal = async (...given: Parameters<typeof ask>) => {
    const error = await ask(...given).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    return (error as ProviderError).message;
  };

  it("is asked with the token, the tenant and the authority of its Secret", async () => {
    const headers = "X-Scope-OrgID: team-a\nX-Other: b c\n";
    await ask({ ca: authority.cert, token: "t0ken", headers });
    expect(seen[0]?.headers).to.include({
      authorization: "Bearer t0ken",
      "x-scope-orgid": "team-a",
      "x-other": "b c",
    });
    expect(seen[0]?.isKnown).to.equal(false);
    expect(await refusal({})).to.match(
      /^Prometheus at localhost:\d+ cannot be reached: .*(certificate|issuer)/,
    );
  });

  it("is asked with a client certificate", async () => {
    await ask({ ca: authority.cert, cert: client.cert, key: client.key });
    expect(seen[0]?.isKnown).to.equal(true);
  });

  it("is asked through a proxy", async () => {
    const through: string[] = [];
    const proxy = createHttp().listen(0, "127.0.0.1");
    proxy.on("connect", ({ url = "" }, socket) => {
      through.push(url);
      const [host, port] = url.split(":");
      const to = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        to.pipe(socket).pipe(to);
      });
    });
    await once(proxy, "listening");
    await ask({ ca: authority.cert, proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    expect(through).to.deep.equal([address.replace("https://", "")]);
    expect(seen).to.have.length(1);
    proxy.close();
  });

  it("is the controller's own without a name, unless a Secret of the name prometheus configures it", async () => {
    expect([...(await ask({}, "none", []))]).to.deep.equal([[1, []]]);
    await ask({ ca: authority.cert }, "none", ["prometheus"]);
    expect(seen).to.have.length(1);
  });

  for (const [why, data, says] of [
    ["a header without a colon", { headers: "X-Scope-OrgID" }, /invalid headers: use one header on a line/],
    ["a line break in a header's name", { headers: "a b: c" }, /invalid headers/],
    ["a label without a value", { labels: "cluster" }, /invalid labels: use one label on a line/],
    ["a certificate without its key", { cert: "x" }, /invalid cert: use cert and key together/],
    ["a proxy that is not a URL", { proxy: "proxy:3128" }, /invalid proxy: use an http or https URL/],
    ["another product", { provider: "datadog" }, /only a Prometheus counts the requests of a gateway/],
  ] as const)
    it(`is refused for ${why}`, async () => {
      expect(await refusal(data))
        .to.match(says)
        .and.to.match(/^provider mimir: /);
    });

  it("is refused if no administrator allows it", async () => {
    expect(await refusal({}, "other")).to.equal(
      "provider other: not allowed: an administrator must start the controller with --provider=other",
    );
  });

  it("says at the start whether it answers", async () => {
    const log = rememberingLog();
    await reportPrometheus(prometheus({ url: "http://127.0.0.1:9" }), 0, log);
    await reportPrometheus({ over: async () => new Map() }, 0, log);
    expect(log.lines).to.deep.equal([
      "error: Prometheus does not answer: every comparison and check of requests will hold",
      "info: Prometheus answers",
    ]);
  });
});
