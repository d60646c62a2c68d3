import { expect } from "chai";
import { httpProvider } from "../../../providers/http.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { behavesAsProvider } from "./behaviour.ts";

const answer = (rate: unknown) => JSON.stringify({ data: { "a/b": [{ rate }] } });

behavesAsProvider(
  "HTTP",
  {
    make: httpProvider,
    secret: (url) => ({ address: `${url}/metrics`, token: "b3arer" }),
    query: "rates?service=web#/data/a~1b/0/rate",
    hidden: ["b3arer"],
    answers: {
      value: answer(42),
      several: answer([1, 2]),
      nothing: answer(null),
      notANumber: answer("none"),
    },
    refusal: JSON.stringify({ message: "no such thing" }),
    // Any JSON is an answer of some endpoint.
    misshapen: "42%",
  },
  (bench) => {
    it("gets the path below the address with its credentials", async () => {
      bench.answerWith(answer(42));
      await bench.read();
      const { method, path, query, headers } = bench.server.last();
      expect(`${method} ${path}`).to.equal("GET /metrics/rates");
      expect(Object.fromEntries(query)).to.deep.equal({ service: "web" });
      expect(headers.authorization).to.equal("Bearer b3arer");
    });

    for (const body of ["42", "42.0\n", '"42"', "[42]"]) {
      it(`reads the whole answer ${JSON.stringify(body)}`, async () => {
        bench.answerWith(body);
        expect(await bench.read("/rate")).to.include({ kind: "value", value: 42 });
      });
    }

    it("reports that the pointer finds nothing", async () => {
      bench.answerWith(answer(42));
      for (const pointer of ["/data/rate", "/data/a~1b/1", "/constructor", "/data/a~1b/length"]) {
        expect(await bench.read(`rates#${pointer}`), pointer).to.have.property("kind", "missing");
      }
    });

    const outside = [
      "../admin",
      "a/../../admin",
      "%2e%2e/admin",
      "a%2f..%2f..%2fadmin",
      "http://example.com/",
    ];
    for (const query of [...outside, "a\\..\\..\\admin", "javascript:42"]) {
      it(`does not leave the address for ${query}`, async () => {
        const before = bench.server.snapshot.length;
        const error = await bench.read(query).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(ProviderError);
        expect(String(error)).to.contain("not a path below the address");
        expect(bench.server.snapshot).to.have.length(before);
      });
    }

    it("stays at its host for a path that begins as another one", async () => {
      bench.answerWith("42");
      await bench.read("//example.com/rate");
      expect(bench.server.last().path).to.equal("/metrics/example.com/rate");
    });
  },
);
