import { expect } from "chai";
import { dynatraceProvider } from "../../../providers/dynatrace.ts";
import { at, behavesAsProvider } from "./behaviour.ts";

interface Series {
  readonly timestamps: readonly number[];
  readonly values: readonly (number | null)[];
}

const answer = (...series: readonly Series[]) =>
  JSON.stringify({
    totalCount: series.length,
    nextPageKey: null,
    resolution: "1m",
    result: [
      {
        metricId: "builtin:service.errors.total.rate",
        data: series.map((one, i) => ({ dimensions: [`SERVICE-${i}`], dimensionMap: {}, ...one })),
      },
    ],
  });

behavesAsProvider(
  "Dynatrace",
  {
    make: dynatraceProvider,
    secret: { dynatrace_token: "dt0c01.t0ken" },
    query: 'builtin:service.errors.total.rate:filter(eq("service","web")):splitBy():avg\n',
    hidden: ["dt0c01.t0ken"],
    answers: {
      value: answer({ timestamps: [at - 120_000, at - 60_000, at], values: [1, 42, null] }),
      several: answer({ timestamps: [at], values: [1] }, { timestamps: [at], values: [2] }),
      nothing: answer(),
      gaps: answer({ timestamps: [at - 60_000, at], values: [null, null] }),
      stale: answer({ timestamps: [at - 240_000, at], values: [42, null] }),
    },
    refusal: JSON.stringify({ error: { code: 400, message: "no such thing" } }),
  },
  (bench) => {
    it("asks for a point a minute with its token", async () => {
      bench.answerWith(answer());
      await bench.read();
      const { method, path, query, headers } = bench.server.last();
      expect(`${method} ${path}`).to.equal("GET /api/v2/metrics/query");
      expect(Object.fromEntries(query)).to.deep.equal({
        metricSelector: 'builtin:service.errors.total.rate:filter(eq("service","web")):splitBy():avg',
        resolution: "1m",
        from: String(at - 600_000),
        to: String(at),
      });
      expect(headers.authorization).to.equal("Api-Token dt0c01.t0ken");
    });

    it("takes a point whose slot is not over yet", async () => {
      bench.answerWith(answer({ timestamps: [at, at + 60_000], values: [1, 42] }));
      expect(await bench.read()).to.deep.equal({ kind: "value", value: 42, at: at + 60_000 });
    });
  },
);
