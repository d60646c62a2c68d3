import { expect } from "chai";
import { datadogProvider } from "../../../providers/datadog.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { at, atSeconds, behavesAsProvider } from "./behaviour.ts";

type Points = readonly (readonly [ms: number, value: number | null])[];

const answer = (...series: readonly Points[]) =>
  JSON.stringify({
    status: "ok",
    res_type: "time_series",
    from_date: at - 600_000,
    to_date: at,
    series: series.map((pointlist, i) => ({
      metric: "requests",
      scope: `pod:web-${i}`,
      interval: 60,
      pointlist,
    })),
  });

behavesAsProvider(
  "Datadog",
  {
    make: datadogProvider,
    secret: { datadog_api_key: "api-k3y\n", datadog_application_key: "app-k3y" },
    query: "avg:requests{kube_deployment:web}",
    hidden: ["api-k3y", "app-k3y"],
    answers: {
      // Not the oldest point, as Flagger does.
      value: answer([
        [at - 540_000, 1],
        [at - 60_000, 42],
        [at, null],
      ]),
      several: answer([[at, 1]], [[at, 2]]),
      nothing: answer(),
      gaps: answer([
        [at - 60_000, null],
        [at, null],
      ]),
      stale: answer([[at - 240_000, 42]]),
    },
    refusal: JSON.stringify({ errors: ["no such thing"] }),
  },
  (bench) => {
    it("asks for ten intervals with both keys", async () => {
      bench.answerWith(answer());
      await bench.read();
      const { method, path, query, headers } = bench.server.last();
      expect(`${method} ${path}`).to.equal("GET /api/v1/query");
      expect(Object.fromEntries(query)).to.deep.equal({
        from: String(atSeconds - 600),
        to: String(atSeconds),
        query: "avg:requests{kube_deployment:web}",
      });
      expect(headers["dd-api-key"]).to.equal("api-k3y");
      expect(headers["dd-application-key"]).to.equal("app-k3y");
    });

    it("reports an error that comes with status 200", async () => {
      bench.answerWith(JSON.stringify({ status: "error", error: "Error parsing query" }));
      const error = await bench.read().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      expect(String(error)).to.contain("refuses the query: Error parsing query");
    });
  },
);
