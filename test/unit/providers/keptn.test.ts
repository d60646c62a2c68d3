import { expect } from "chai";
import { keptnProvider } from "../../../providers/keptn.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { behavesAsProvider } from "./behaviour.ts";

const answer = (value: string) => JSON.stringify({ namespace: "shop", metric: "error-rate", value });

behavesAsProvider(
  "Keptn",
  {
    make: keptnProvider,
    secret: { token: "b3arer" },
    query: "keptnmetric/shop/error-rate",
    hidden: ["b3arer"],
    answers: { value: answer("42"), nothing: answer(""), notANumber: answer("n/a") },
    refusal: "no such thing",
  },
  (bench) => {
    it("gets the metric", async () => {
      bench.answerWith(answer("42"));
      await bench.read();
      const { method, path } = bench.server.last();
      expect(`${method} ${path}`).to.equal("GET /api/v1/metrics/shop/error-rate");
    });

    for (const query of [
      "analysis/shop/ready/1m/",
      "error-rate",
      "keptnmetric/shop/..",
      "keptnmetric/a/b/c",
    ]) {
      it(`asks nothing with the query ${query}`, async () => {
        const error = await bench.read(query).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(ProviderError);
        expect(String(error)).to.contain("use keptnmetric/<namespace>/<name>");
      });
    }
  },
);
