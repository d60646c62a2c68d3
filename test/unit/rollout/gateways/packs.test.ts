import { expect } from "chai";
import { attribution } from "../../../../rollout/gateways/metrics/attribution.ts";
import { aBackend, canary, neighbours, stable } from "./metrics/backends.ts";
import { countedNames, namings } from "./metrics/namings.ts";
import { type PackName, packs } from "./metrics/packs.ts";

describe("metrics packs", () => {
  it("are written down here a second time, unless they are the application's", () => {
    const own = (Object.keys(packs) as PackName[]).filter((name) => packs[name] !== packs.application);
    expect(countedNames).to.have.members([...own, "application"]);
  });

  it("count the series of their counters, whatever the backend", () => {
    const calls = aBackend({ routeKind: "GRPCRoute" });
    expect(packs.traefik.all([stable])).to.equal("count(traefik_service_requests_total)");
    expect(packs.contour.all([calls])).to.equal('count({__name__=~"envoy_cluster_grpc_(?:.+_)?[0-9]+"})');
    expect(packs.application.all([stable, calls])).to.equal(
      "count(http_request_duration_seconds_count or grpc_server_handled_total)",
    );
  });

  for (const name of countedNames) {
    const { [name]: pack } = packs;
    const { [name]: naming } = namings;
    const own = new Set([stable, canary].flatMap((backend) => naming.series(backend)).map(spelled));
    const owner = attribution(pack, [
      [stable, "stable"],
      [canary, "canary"],
    ]);

    describe(name, () => {
      it("gives each version its own series", () => {
        for (const labels of naming.series(stable)) expect(owner(labels), spelled(labels)).to.equal("stable");
        for (const labels of naming.series(canary)) expect(owner(labels), spelled(labels)).to.equal("canary");
      });

      for (const [what, backend] of Object.entries(neighbours)) {
        it(`leaves out ${what}`, () => {
          const others = naming.series(backend).filter((labels) => !own.has(spelled(labels)));
          for (const labels of others) expect(owner(labels), spelled(labels)).to.equal(undefined);
        });
      }

      it("knows a failure", () => {
        const labels = naming.series(canary)[0] ?? {};
        expect(pack.codeOf({ ...labels, ...naming.codes.bad })).to.equal(naming.bad);
        expect(pack.codeOf({ ...labels, ...naming.codes.good })).to.match(/^2(00|xx)$/);
        expect(pack.codeOf({})).to.equal("");
      });

      it("reads bounds in its gateway's unit", () => {
        expect(pack.buckets === undefined).to.equal(naming.histogram === undefined);
        expect(pack.boundOf({ le: "+Inf" })).to.equal(Number.POSITIVE_INFINITY);
        expect(pack.boundOf({ le: naming.unit === "ms" ? "250.0" : "0.25" })).to.equal(0.25);
      });

      it("gives a series without an owner to no backend", () => expect(owner({})).to.equal(undefined));

      it("refuses to ask for nothing, which would be everything", () => {
        expect(() => pack.requests([])).to.throw(RangeError);
        expect(() => (pack.givenUp ?? pack).requests([])).to.throw(RangeError);
        expect(() => pack.buckets?.([]) ?? pack.requests([])).to.throw(RangeError);
      });

      it("writes names into PromQL so that they stay names", () => {
        const hostile = 'w"} or vector(1) #\\';
        const backend = { ...canary, route: hostile, service: hostile, replicaSet: hostile };
        const outside = (promql = "") => promql.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
        expect(outside(pack.requests([backend]))).to.match(
          /^[\w:]+\{(?:\w+=~"",?)+\}(?: or [\w:]+\{(?:\w+=~"",?)+\})*$/,
        );
        if (pack.givenUp === undefined) return;
        expect(outside(pack.givenUp.requests([backend]))).to.match(/^\{__name__=~"",(?:\w+=~"",?)+\}$/);
      });
    });
  }
});

function spelled(labels: object): string {
  return JSON.stringify(labels);
}
