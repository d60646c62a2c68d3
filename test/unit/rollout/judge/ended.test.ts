import { expect } from "chai";
import { describeEnded, paceOf } from "../../../../rollout/judge/ended.ts";
import { type Evidence, noEvidence } from "../../../../rollout/judge/fold.ts";
import { checkEnded } from "../../../../rollout/stages/check-ended.ts";
import { routeRecordOf } from "../../../../rollout/traffic/route-record.ts";
import { aRoute, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

const none = noEvidence({ since: NOON, from: NOON, tickMs: 5_000, phi: 1, bounds: [] });
const present = { canary: false, stable: true };
const silent: Evidence = { ...none, at: NOON + 15_000, quiet: 3, pace: 600, present };

/** The evidence when three ticks have been silent and some requests were counted up to the tick before. */
const last = (tick: number) => ({ at: NOON + (tick + 3) * 5_000, recent: { bad: 0, total: 9 } });

describe("requests that end with the first weight", () => {
  const cases: [string, Partial<Evidence>, boolean][] = [
    ["are missed after three ticks", {}, true],
    ["are not missed after two", { quiet: 2 }, false],
    ["are not missed where the ticks were read late", { silent: 9, quiet: 0 }, false],
    ["are missed where the last ones were counted with the tick after the first weight", last(2), true],
    ["are not missed where some came later", last(3), false],
    ["are not missed where their counters are gone", { present: { canary: true, stable: false } }, false],
    ["are not missed where few are expected", { pace: 54 }, false],
    ["are missed as soon as enough are expected", { pace: 54, quiet: 4 }, true],
    ["are not missed where the pace before is not known", { pace: undefined } as never, false],
  ];
  for (const [what, change, isMissed] of cases) {
    it(what, () => expect(describeEnded({ ...silent, ...change }) !== undefined).to.equal(isMissed));
  }

  it("are expected by the poorest of the stretches before, and not at all after a pause", () => {
    const stretches = (...totals: number[]) => totals.map((total) => ({ bad: 0, total }));
    expect(paceOf(stretches(100, 500, 400), 15_000)).to.equal(400);
    expect(paceOf(stretches(100, 0, 400), 15_000)).to.equal(undefined);
    expect(paceOf([], 15_000)).to.equal(undefined);
  });

  it("restore the route at once, and roll back", () => {
    const route = carrying(aRoute(), 25, NOON);
    const snapshot = aRollout({ routes: [route], now: NOON + 20_000 });
    const ended = checkEnded({ ...snapshot, evidence: { judged: silent, gates: {} } });
    expect(ended?.condition ?? ended?.writes).to.not.equal(undefined);
    const written = ended?.writes.filter((write) => "kind" in write && write.kind === "httproutes") ?? [];
    expect(written).to.have.length(1);
    const [write] = written;
    if (write === undefined) throw new Error("no write of the route");
    const restored = merged(route, write);
    expect(routeRecordOf(restored)).to.equal(undefined);
    expect(restored.spec).to.deep.equal(aRoute().spec);
    expect(JSON.stringify(ended?.writes)).to.contain(
      "rolled back at 25% after 20s: neither version has answered a request for 15s",
    );
  });

  it("are nobody's fault where no stable pod is wanted", () => {
    const snapshot = aRollout({ routes: [carrying(aRoute(), 25, NOON)], now: NOON + 20_000 });
    const { spec } = snapshot.deployment;
    const deployment = { ...snapshot.deployment, spec: { ...spec, replicas: 0 } };
    const ended = checkEnded({ ...snapshot, deployment, evidence: { judged: silent, gates: {} } });
    expect(ended).to.equal(undefined);
  });

  it("are not asked about without a route", () => {
    const snapshot = aRollout({ routes: [], now: NOON + 20_000 });
    expect(checkEnded({ ...snapshot, evidence: { judged: silent, gates: {} } })).to.equal(undefined);
  });
});
