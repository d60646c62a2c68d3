import { expect } from "chai";
import { type Awaited, endOf } from "../../../../cli/reading/awaited.ts";
import { atRest, failed, inProgress, waiting } from "../../../../docs/example-rollout.ts";
import type { RolloutView } from "../../../../rollout/view/view.ts";

const { started = "" } = inProgress;
const awaited: Awaited = { started, untilPause: false };
const [EARLIER, LATER] = ["2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"];
const { started: _started, outcome: _outcome, ...unrecorded } = atRest;
const ended = (outcome: NonNullable<RolloutView["outcome"]>) => ({ ...atRest, outcome });

describe("the end of a wait", () => {
  const rows: Record<string, [RolloutView, Partial<Awaited>, ReturnType<typeof endOf>]> = {
    "a step": [inProgress, {}, undefined],
    "a promotion that runs": [{ ...inProgress, state: "promoting" }, {}, undefined],
    "an undo that runs": [{ ...inProgress, state: "undone" }, {}, undefined],
    "a promotion": [ended("promoted"), {}, { word: "promoted", code: 0 }],
    "a failure in flight": [{ ...failed, started }, {}, { word: "rolled-back", code: 3 }],
    "a failure that was undone": [ended("failed"), {}, { word: "rolled-back", code: 3 }],
    "an undo": [ended("undone"), {}, { word: "undone", code: 4 }],
    "another rollout": [failed, {}, { word: "superseded", code: 4 }],
    "another rollout's success": [{ ...atRest, started: LATER }, {}, { word: "superseded", code: 4 }],
    "rest after an end that nothing recorded": [
      { ...ended("superseded"), started: EARLIER },
      {},
      { word: "undone", code: 4 },
    ],
    "rest after the first rollout's end that nothing recorded": [unrecorded, {}, { word: "undone", code: 4 }],
    "a pause": [{ ...waiting, started }, {}, undefined],
    "a pause that is waited for": [
      { ...waiting, started },
      { untilPause: true },
      { word: "waiting", code: 0 },
    ],
    "rest from the first look on": [atRest, { started: undefined }, { word: "at-rest", code: 0 }],
    "another revision": [inProgress, { revision: "7" }, { word: "replaced", code: 4 }],
    "the revision": [inProgress, { revision: "8", image: "shop/web:2" }, undefined],
    "another image": [inProgress, { image: "shop/web:3" }, { word: "replaced", code: 4 }],
  };
  for (const [what, [view, more, end]] of Object.entries(rows))
    it(`${end === undefined ? "is not" : `is "${end.word}" (${end.code}) at`} ${what}`, () => {
      expect(endOf(view, { ...awaited, ...more })).to.deep.equal(end);
    });
});
