import { expect } from "chai";
import { newRelicProvider } from "../../../providers/new-relic.ts";
import { behavesAsProvider } from "./behaviour.ts";

const answer = (...results: readonly object[]) =>
  JSON.stringify({ results, performanceStats: { inspectedCount: 11 }, metadata: { eventTypes: ["Metric"] } });

behavesAsProvider(
  "New Relic",
  {
    make: newRelicProvider,
    secret: { newrelic_account_id: "1234567", newrelic_query_key: "NRIQ-k3y" },
    query: "SELECT average(duration) FROM Transaction WHERE appName = 'web'\n",
    hidden: ["NRIQ-k3y"],
    answers: {
      value: answer({ average: 42 }),
      several: answer({ average: 1 }, { max: 2 }),
      nothing: answer(),
      gaps: answer({ average: null }),
    },
    refusal: JSON.stringify({ error: "no such thing" }),
  },
  (bench) => {
    it("asks about the last interval with its key", async () => {
      bench.answerWith(answer());
      await bench.read();
      const { method, path, query, headers } = bench.server.last();
      expect(`${method} ${path}`).to.equal("GET /v1/accounts/1234567/query");
      expect(query.get("nrql")).to.equal(
        "SELECT average(duration) FROM Transaction WHERE appName = 'web' SINCE 60 seconds ago",
      );
      expect(headers["x-query-key"]).to.equal("NRIQ-k3y");
    });

    it("leaves a query its own time", async () => {
      bench.answerWith(answer());
      await bench.read("SELECT count(*) FROM Transaction SINCE 1 hour ago");
      expect(bench.server.last().query.get("nrql")).to.match(/FROM Transaction SINCE 1 hour ago$/);
    });

    it("reads one percentile", async () => {
      bench.answerWith(answer({ percentiles: { "99": 42 } }));
      expect(await bench.read()).to.include({ kind: "value", value: 42 });
    });

    it("reports that facets are several values", async () => {
      const facets = [
        { name: "a", results: [{ count: 1 }] },
        { name: "b", results: [{ count: 2 }] },
      ];
      bench.answerWith(JSON.stringify({ facets, totalResult: { results: [{ count: 3 }] } }));
      expect(await bench.read()).to.have.property("kind", "several");
    });
  },
);
