import { expect } from "chai";
import { Namesakes } from "../../../evidence/namesakes.ts";
import type { LeanRoute } from "../../../kube/core/routes.ts";
import type { Pack } from "../../../rollout/gateways/metrics/pack.ts";
import { traefik } from "../../../rollout/gateways/traefik.ts";
import { leanRoute } from "../../../rollout/traffic/lean-route.ts";
import { aRoute, NOON } from "../../support/builders.ts";
import { FakeClock } from "../../support/clock.ts";
import { aWatch } from "./metrics.ts";

describe("controller/namesakes", () => {
  const pack = traefik.metrics?.pack as Pack;
  let keysRead: number;
  let change: (route: LeanRoute) => void;
  let namesakes: Namesakes;
  const joined = pack.joined as NonNullable<Pack["joined"]>;
  const partOf = (key: string) => {
    keysRead += 1;
    return joined.partOf(key);
  };
  const counting: Pack = { ...pack, joined: { ...joined, partOf } };
  const watchOf = (i: number) => {
    const watch = aWatch(`app-${i}`, NOON);
    return { uid: `uid-${i}`, sources: watch.sources.map((source) => ({ ...source, pack: counting })) };
  };

  beforeEach(() => {
    keysRead = 0;
    const routes = {
      list: () => [],
      incomplete: () => [],
      listen: (onChange: (now?: LeanRoute, before?: LeanRoute) => void) => {
        change = (route) => onChange(route, route);
      },
    };
    namesakes = new Namesakes({ routes: routes as never, clock: new FakeClock(NOON) });
  });

  it("reads the keys of all rollouts when one begins or ends, but not at each change of a route", () => {
    for (let i = 0; i < 50; i += 1) namesakes.follow(watchOf(i));
    const route = leanRoute(aRoute({ kind: "HTTPRoute" }));
    change(route);
    const once = keysRead;
    expect(once).to.be.greaterThan(0);
    for (let i = 0; i < 20; i += 1) {
      // Serin follows again with each decision.
      namesakes.follow(watchOf(i));
      change(route);
    }
    namesakes.doubts(counting);
    expect(keysRead).to.equal(once);
    namesakes.follow(watchOf(50));
    change(route);
    expect(keysRead).to.be.greaterThan(once);
  });
});
