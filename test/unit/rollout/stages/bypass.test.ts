import { expect } from "chai";
import { bypassOf } from "../../../../rollout/stages/bypass.ts";
import { AT_NOON } from "../../../support/builders.ts";
import { aRollout } from "../../../support/rollout.ts";

const annotations = { "serin.dev/metrics": "application" };

describe("why a canary may get no requests without a fault of its own", () => {
  it("is that the application counts requests beside the gateway's", () => {
    expect(bypassOf(aRollout({ annotations }))).to.equal(
      "the application's own metrics count requests that come without the gateway too",
    );
  });

  it("is that clients keep their connections, where no route splits the requests", () => {
    const byPods = aRollout({ annotations, routes: [], run: { inForceSince: AT_NOON } });
    expect(bypassOf(byPods)).to.equal(
      "no route names a Service of these pods, so a client that keeps its connection stays at one pod",
    );
  });

  it("is unknown behind a route that splits all requests", () => {
    expect(bypassOf(aRollout())).to.equal(undefined);
  });
});
