import { expect } from "chai";
import { graphiteProvider } from "../../../providers/graphite.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { atSeconds, behavesAsProvider } from "./behaviour.ts";

type Points = readonly (readonly [value: number | string | null, seconds: number])[];

const answer = (...series: readonly Points[]) =>
  JSON.stringify(series.map((datapoints, i) => ({ target: `web.${i}`, tags: {}, datapoints })));

behavesAsProvider(
  "Graphite",
  {
    make: graphiteProvider,
    secret: { username: "serin", password: "s3cret" },
    query: "target=summarize(\n  sumSeries(web.{2xx,3xx}),\n  '1min',\n  'avg'\n)",
    hidden: ["s3cret", Buffer.from("serin:s3cret").toString("base64")],
    answers: {
      value: answer([
        [1, atSeconds - 120],
        [42, atSeconds - 60],
        [null, atSeconds],
      ]),
      several: answer([[1, atSeconds]], [[2, atSeconds]]),
      nothing: answer(),
      gaps: answer([
        [null, atSeconds - 60],
        [null, atSeconds],
      ]),
      notANumber: answer([["nan", atSeconds]]),
      stale: answer([
        [42, atSeconds - 240],
        [null, atSeconds],
      ]),
    },
    refusal: "<html><body><h1>no such thing</h1></body></html>",
  },
  (bench) => {
    it("renders the targets of the last ten intervals as JSON", async () => {
      bench.answerWith(answer());
      await bench.read();
      const { method, path, query, headers } = bench.server.last();
      expect(`${method} ${path}`).to.equal("GET /render");
      expect(Object.fromEntries(query)).to.deep.equal({
        target: "summarize( sumSeries(web.{2xx,3xx}), '1min', 'avg' )",
        from: String(atSeconds - 600),
        until: String(atSeconds),
        format: "json",
      });
      expect(headers.authorization).to.equal(`Basic ${Buffer.from("serin:s3cret").toString("base64")}`);
    });

    it("leaves a query its own time, and nothing else", async () => {
      bench.answerWith(answer());
      await bench.read("target=a&from=-5min&until=now&format=png&local=1");
      expect(Object.fromEntries(bench.server.last().query)).to.deep.equal({
        target: "a",
        from: "-5min",
        until: "now",
        format: "json",
      });
    });

    it("asks nothing without a target", async () => {
      const error = await bench.read("sumSeries(a)").catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      expect(String(error)).to.contain("no target: use target=");
    });
  },
);
