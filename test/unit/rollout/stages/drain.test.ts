import { expect } from "chai";
import { awaitUndo } from "../../../../rollout/stages/drain.ts";
import { aHeld, aRoute, aSnapshot, NOON } from "../../../support/builders.ts";
import { applied } from "../../../support/routes.ts";

const at = (seconds: number) => new Date(NOON + seconds * 1_000).toISOString();

describe("routes that were drained for an undo", () => {
  const snapshot = (since: string) => {
    const share = {
      namespace: "shop",
      canaryServices: { web: "web-canary" },
      weight: 0,
      since,
      drained: true,
    } as const;
    const route = applied(aRoute({ backends: [{ name: "web" }] }), { "uid-web": share });
    return aSnapshot({ held: aHeld({ started: at(0) }), now: NOON + 10_000, routes: [route] });
  };

  it("hold back the rollout that is about to be undone, for a while", () => {
    expect(awaitUndo(snapshot(at(5)))?.waitMs).to.be.above(0);
    expect(awaitUndo({ ...snapshot(at(5)), now: NOON + 300_000 })).to.equal(undefined);
  });

  it("do not hold back the one that began afterwards", () => {
    expect(awaitUndo(snapshot(at(-5)))).to.equal(undefined);
  });
});
