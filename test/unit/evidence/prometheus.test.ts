import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Prometheus, prometheus } from "../../../evidence/prometheus.ts";
import { credentialsFrom } from "../../../providers/credentials-file.ts";
import { ProviderError } from "../../../providers/provider.ts";

const AT = 1_700_000_000_000;
const instant = { from: AT, to: AT, stepMs: 5_000 };

describe("Prometheus", () => {
  let server: Server;
  let url: string;
  let answer: { status?: number; body: string };
  let path: string | undefined;
  let authorization: string | undefined;
  let encoding: string | string[] | undefined;
  let asked: URLSearchParams;

  const succeed = (resultType: string, result: unknown) => {
    answer = { body: JSON.stringify({ status: "success", data: { resultType, result } }) };
  };

  before(async () => {
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      path = request.url;
      authorization = request.headers.authorization;
      encoding = request.headers["accept-encoding"];
      asked = new URLSearchParams(body);
      response.statusCode = answer.status ?? 200;
      response.end(answer.body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => server.close());

  it("asks for one instant and reads labels and values", async () => {
    succeed("vector", [{ metric: { service: "web", code: "200" }, value: [AT / 1000, "42"] }]);
    const read = await prometheus({ url }).over("up", instant);
    expect([...read]).to.deep.equal([[AT, [{ labels: { service: "web", code: "200" }, value: 42 }]]]);
    expect(path).to.equal("/api/v1/query");
    expect(Object.fromEntries(asked)).to.deep.equal({ query: "up", time: "1700000000.000" });
  });

  it("asks for answers without compression, which a proxy may choose where nobody says", async () => {
    succeed("vector", []);
    await prometheus({ url }).over("up", instant);
    expect(encoding).to.equal("identity");
  });

  it("reads the series of its own cluster, where several clusters store theirs in one place", async () => {
    const of = (labels: Record<string, string>) => ({ metric: labels, value: [AT / 1000, "1"] });
    succeed("vector", [of({ cluster: "eu", code: "200" }), of({ cluster: "us", code: "200" }), of({})]);
    const endpoint = async () => ({
      url: new URL(url),
      headers: {},
      secrets: [],
      labels: { cluster: "eu" },
    });
    const read = await prometheus({ url: endpoint }).over("up", instant);
    // What Prometheus has counted over all series has no labels any more.
    expect(read.get(AT)?.map(({ labels }) => labels)).to.deep.equal([{ cluster: "eu", code: "200" }, {}]);
  });

  it("asks for a grid of instants; one at which nothing was there is absent", async () => {
    const second = (n: number) => AT / 1000 + 5 * n;
    succeed("matrix", [
      {
        metric: { a: "1" },
        values: [
          [second(0), "1"],
          [second(2), "3"],
        ],
      },
      { metric: { a: "2" }, values: [[second(2), "7"]] },
    ]);
    const read = await prometheus({ url }).over("up", { from: AT, to: AT + 10_000, stepMs: 5_000 });
    expect([...read.keys()]).to.deep.equal([AT, AT + 10_000]);
    expect(read.get(AT + 10_000)?.map(({ value }) => value)).to.deep.equal([3, 7]);
    expect(path).to.equal("/api/v1/query_range");
    expect(Object.fromEntries(asked)).to.deep.equal({
      query: "up",
      start: "1700000000.000",
      end: "1700000010.000",
      step: "5.000",
    });
  });

  it("takes the median distance of samples for the scrape interval, and knows the last scrape of each target", async () => {
    const values = [0, 15, 30, 47, 62].map((n) => [AT / 1000 + n, "1"]);
    succeed("matrix", [
      { metric: {}, values },
      { metric: {}, values: [[AT / 1000, "1"]] },
      { metric: { job: "other" }, values: [[AT / 1000 + 3.25, "1"]] },
    ]);
    const last = [AT + 62_000, AT + 3_250];
    expect(await prometheus({ url }).scrapes("up", AT)).to.deep.equal({ everyMs: 15_000, last });
    expect(asked.get("query")).to.equal("up[2m]");
    succeed("matrix", [{ metric: {}, values: [[AT / 1000, "1"]] }]);
    expect(await prometheus({ url }).scrapes("up", AT)).to.equal(undefined);
  });

  const whole = { status: "success", data: { resultType: "vector", result: [] } };
  const troubles = [
    {
      when: "a store of Thanos did not answer",
      body: JSON.stringify({ ...whole, warnings: ["receive series from Addr: store-2:10901: EOF"] }),
      says: /Prometheus at 127\.0\.0\.1:\d+ answers with a part of the data only: receive series from Addr: store-2/,
    },
    {
      when: "a node of VictoriaMetrics did not answer",
      body: JSON.stringify({ ...whole, isPartial: true }),
      says: /answers with a part of the data only$/,
    },
    {
      when: "the query is refused",
      body: JSON.stringify({ status: "error", error: "parse error" }),
      status: 400,
      says: /Prometheus at 127\.0\.0\.1:\d+ answers 400: parse error/,
    },
    {
      when: "the answer holds no series",
      body: JSON.stringify({ status: "success", data: { resultType: "scalar", result: [0, "1"] } }),
      says: /an answer without series/,
    },
    { when: "the answer is null", body: "null", says: /an answer without series/ },
    { when: "a proxy answers", body: "<html>away</html>", status: 502, says: /answers 502: away/ },
    {
      when: "the answer is a login page",
      body: "<html>Sign in</html>",
      says: /an answer that Serin does not understand \(200\): Sign in/,
    },
    {
      when: "nothing is there",
      body: "404 page not found",
      status: 404,
      says: /answers 404: 404 page not found/,
    },
  ];
  it("takes hints about a query and an explicit whole answer for what they are", async () => {
    const hints = { warnings: ["PromQL warning: bucket label"], infos: ["x"], isPartial: false };
    answer = { body: JSON.stringify({ ...whole, ...hints }) };
    expect((await prometheus({ url }).over("up", instant)).size).to.equal(0);
  });

  for (const { when, says, ...given } of troubles) {
    it(`says so when ${when}`, async () => {
      answer = given;
      const error = await prometheus({ url })
        .over("up", instant)
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      expect(String(error)).to.match(says);
    });
  }

  it("is asked with the credentials of a file, also after they change, and no message has them", async () => {
    const dir = mkdtempSync(join(tmpdir(), "serin-prometheus-"));
    const file = join(dir, "credentials");
    const token = prometheus({ url, credentials: credentialsFrom({ token: file }) });
    const basic = prometheus({ url, credentials: credentialsFrom({ basicAuth: file }) });
    const failure = async (client: Prometheus) =>
      String(await client.over("up", instant).catch((thrown: unknown) => thrown));
    succeed("vector", []);
    writeFileSync(file, "t0ken\n");
    await token.over("up", instant);
    expect(authorization).to.equal("Bearer t0ken");
    writeFileSync(file, "renewed");
    await token.over("up", instant);
    expect(authorization).to.equal("Bearer renewed");
    expect(await failure(basic)).to.contain("use username:password");
    writeFileSync(file, "serin:p4ssword");
    await basic.over("up", instant);
    expect(authorization).to.equal(`Basic ${Buffer.from("serin:p4ssword").toString("base64")}`);
    answer = { status: 401, body: "p4ssword is wrong" };
    expect(await failure(basic)).to.match(/refuses the credentials \(401\): … is wrong/);
    writeFileSync(file, "two\nlines");
    expect(await failure(token)).to.contain("use one line");
    rmSync(dir, { recursive: true });
    expect(await failure(token)).to.match(/^ProviderError: cannot read credentials: ENOENT/);
  });

  it("reports that no server listens", async () => {
    const error = await prometheus({ url: "http://127.0.0.1:9" })
      .over("up", instant)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    expect(String(error)).to.match(/Prometheus at 127\.0\.0\.1:9 cannot be reached/);
  });
});
