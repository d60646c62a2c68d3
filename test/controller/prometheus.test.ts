import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { prometheus, SourceError } from "../../controller/prometheus.ts";

describe("the Prometheus source", () => {
  let server: Server;
  let url: string;
  let answer: { status?: number; body: string };
  let asked: URLSearchParams;

  before(async () => {
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      asked = new URLSearchParams(body);
      response.statusCode = answer.status ?? 200;
      response.end(answer.body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => server.close());

  it("asks for an instant and reads labels and values", async () => {
    const result = [{ metric: { service: "web", code: "200" }, value: [1_700_000_000, "42"] }];
    answer = { body: JSON.stringify({ status: "success", data: { resultType: "vector", result } }) };
    const samples = await prometheus({ url })("up", 1_700_000_000_123);
    expect(samples).to.deep.equal([{ labels: { service: "web", code: "200" }, value: 42 }]);
    expect(Object.fromEntries(asked)).to.deep.equal({ query: "up", time: "1700000000.123" });
  });

  const troubles = [
    {
      when: "the query is refused",
      body: JSON.stringify({ status: "error", error: "parse error" }),
      status: 400,
      says: /refuses the query: parse error/,
    },
    {
      when: "the answer is no vector",
      body: JSON.stringify({ status: "success", data: { resultType: "scalar", result: [0, "1"] } }),
      says: /something else than a vector/,
    },
    { when: "the answer is no JSON", body: "<html>", status: 502, says: /cannot be reached at 127\.0\.0\.1/ },
  ];
  for (const { when, says, ...given } of troubles) {
    it(`says so when ${when}`, async () => {
      answer = given;
      const error = await prometheus({ url })("up", 0).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(SourceError);
      expect(String(error)).to.match(says);
    });
  }

  it("says so when nobody listens", async () => {
    const error = await prometheus({ url: "http://127.0.0.1:9" })("up", 0).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SourceError);
    expect(String(error)).to.match(/cannot be reached at 127\.0\.0\.1:9/);
  });
});
