import { expect } from "chai";
import { prometheusProvider } from "../../../providers/prometheus.ts";
import { atSeconds, behavesAsProvider } from "./behaviour.ts";

const vector = (...values: readonly string[]) => {
  const result = values.map((value, i) => ({ metric: { pod: `web-${i}` }, value: [atSeconds, value] }));
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
};

behavesAsProvider(
  "Prometheus",
  {
    make: prometheusProvider,
    secret: { username: "serin", password: "s3cret" },
    query: "sum(rate(errors_total[1m]))",
    hidden: ["s3cret", Buffer.from("serin:s3cret").toString("base64")],
    answers: { value: vector("42"), several: vector("1", "2"), nothing: vector(), notANumber: vector("NaN") },
    refusal: JSON.stringify({ status: "error", errorType: "bad_data", error: "no such thing" }),
  },
  (bench) => {
    it("posts the query for the instant, with its credentials", async () => {
      bench.answerWith(vector("42"));
      await bench.read();
      const { method, path, body, headers } = bench.server.last();
      expect(`${method} ${path}`).to.equal("POST /api/v1/query");
      expect(headers["content-type"]).to.equal("application/x-www-form-urlencoded");
      expect(headers.authorization).to.equal(`Basic ${Buffer.from("serin:s3cret").toString("base64")}`);
      expect(Object.fromEntries(new URLSearchParams(body))).to.deep.equal({
        query: "sum(rate(errors_total[1m]))",
        time: "1767268800.000",
      });
    });

    it("reads no answer that holds a part of the data only", async () => {
      const part = { ...JSON.parse(vector("42")), warnings: ["store-2:10901: EOF"] };
      bench.answerWith(JSON.stringify(part));
      expect(String(await bench.read().catch((error: unknown) => error))).to.contain(
        "answers with a part of the data only: store-2:10901: EOF",
      );
    });

    it("reads a scalar", async () => {
      const data = { resultType: "scalar", result: [atSeconds, "42"] };
      bench.answerWith(JSON.stringify({ status: "success", data }));
      expect(await bench.read()).to.include({ kind: "value", value: 42 });
    });

    it("reports that a matrix is several values", async () => {
      const data = { resultType: "matrix", result: [{ metric: {}, values: [[atSeconds, "42"]] }] };
      bench.answerWith(JSON.stringify({ status: "success", data }));
      expect(await bench.read()).to.have.property("kind", "several");
    });

    for (const value of ["+Inf", "-Inf"]) {
      it(`reports that ${value} is not a number`, async () => {
        bench.answerWith(vector(value));
        expect(await bench.read()).to.deep.equal({ kind: "not-a-number", reason: `the value is ${value}` });
      });
    }
  },
);
