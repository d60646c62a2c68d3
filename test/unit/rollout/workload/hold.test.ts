import { expect } from "chai";
import fc from "fast-check";
import type { DeploymentSpec } from "../../../../kube/core/workloads.ts";
import {
  hold,
  holdFields,
  isHeld,
  pause,
  restoredFields,
  restoreFields,
} from "../../../../rollout/workload/hold.ts";
import {
  HISTORY_LIMIT,
  type Originals,
  originalsOf,
  updateOriginals,
} from "../../../../rollout/workload/hold-record.ts";
import { surgeFor, surgePods } from "../../../../rollout/workload/surge.ts";
import { aDeployment } from "../../../support/builders.ts";

const surge = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: 100 }).map((n) => `${n}%`),
);
const anyOriginals: fc.Arbitrary<Partial<DeploymentSpec>> = fc.record(
  {
    minReadySeconds: fc.nat(1_000),
    progressDeadlineSeconds: fc.integer({ min: 1_001, max: 2_000_000_000 }),
    revisionHistoryLimit: fc.oneof(fc.nat(20), fc.constant(2 ** 31 - 1)),
    strategy: fc.oneof(
      fc.constant({ type: "Recreate" as const }),
      fc.record({
        type: fc.constant("RollingUpdate" as const),
        rollingUpdate: fc.record({ maxSurge: surge, maxUnavailable: surge }),
      }),
    ),
    paused: fc.constant(true),
    replicas: fc.nat(20),
  },
  { requiredKeys: [] },
);
const specOf = (fields: Partial<DeploymentSpec>): DeploymentSpec => ({
  selector: { matchLabels: { app: "web" } },
  template: aDeployment().spec.template,
  ...fields,
});

describe("hold", () => {
  it("has values that the API server takes and that keep the condition Progressing", () => {
    const { minReadySeconds, progressDeadlineSeconds, strategy } = holdFields("10%");
    expect(progressDeadlineSeconds).to.be.above(minReadySeconds);
    expect(progressDeadlineSeconds).to.be.below(2 ** 31 - 1);
    expect(minReadySeconds).to.be.above(60 * 365 * 24 * 3600);
    expect(strategy).to.deep.equal({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: "10%" },
    });
  });

  it("keeps every ReplicaSet: native control deletes none while the limit is larger than their number", () =>
    expect(holdFields("10%").revisionHistoryLimit).to.be.within(1_000_000_000, 2 ** 31 - 2));

  // A Serin before this one neither held the limit nor recorded it.
  const before: [string, number | undefined, number | undefined][] = [
    ["which did not hold it stays as the user has it", 3, 3],
    ["whose original an earlier Serin lost gets the API server's default", HISTORY_LIMIT, undefined],
  ];
  for (const [what, stored, expected] of before) {
    it(`a limit ${what}`, () => {
      const spec = specOf({ ...(stored !== undefined && { revisionHistoryLimit: stored }) });
      expect(restoreFields(spec, {}).revisionHistoryLimit).to.equal(expected);
      expect({ ...spec, ...restoredFields(spec, {}) }.revisionHistoryLimit).to.equal(expected);
    });
  }

  it("takes the limit of the user for the original when it begins to hold it in flight", () => {
    const spec = specOf({ revisionHistoryLimit: 3 });
    expect(updateOriginals({}, spec, spec)).to.deep.equal({ revisionHistoryLimit: 3 });
    expect(originalsOf(specOf({ revisionHistoryLimit: HISTORY_LIMIT }))).to.deep.equal({});
  });

  it("is taken off to the letter, also where a field was absent", () => {
    fc.assert(
      fc.property(anyOriginals, surge, (fields, size) => {
        const spec = specOf(fields);
        const held = hold(spec, size);
        expect(isHeld(held) && !isHeld(spec)).to.equal(true);
        expect(restoreFields(held, originalsOf(spec))).to.deep.equal(spec);
      }),
    );
  });

  it("takes nothing for the user's wish that was only echoed, and any other value as given", () => {
    fc.assert(
      fc.property(anyOriginals, anyOriginals, surge, (fields, next, size) => {
        const { paused: _p, ...originals } = originalsOf(specOf(fields));
        const held = hold(specOf(fields), size);
        expect(updateOriginals(originals, held, held)).to.deep.equal(originals);
        const { paused: _q, ...asked } = originalsOf(specOf(next));
        const wanted = updateOriginals(originals, held, specOf(next));
        expect(wanted.minReadySeconds).to.equal(asked.minReadySeconds);
        expect(wanted.progressDeadlineSeconds).to.equal(asked.progressDeadlineSeconds);
        expect("minReadySeconds" in wanted).to.equal("minReadySeconds" in asked);
        expect(wanted.revisionHistoryLimit).to.equal(asked.revisionHistoryLimit);
      }),
    );
  });

  const rolling = (maxSurge: number | string, maxUnavailable: number | string) =>
    ({ type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } }) as const;
  const original = { progressDeadlineSeconds: 600, strategy: rolling("25%", "25%") };
  const held = hold(specOf(original), "10%");
  const wishes: [string, Partial<DeploymentSpec>, Originals][] = [
    ["minReadySeconds alone", { minReadySeconds: 5 }, { ...original, minReadySeconds: 5 }],
    ["a limit of the history alone", { revisionHistoryLimit: 0 }, { ...original, revisionHistoryLimit: 0 }],
    ["a deadline alone", { progressDeadlineSeconds: 60 }, { ...original, progressDeadlineSeconds: 60 }],
    [
      "a surge, maxUnavailable echoed",
      { strategy: rolling(3, 0) },
      { ...original, strategy: rolling(3, "25%") },
    ],
    [
      "maxUnavailable, the surge echoed",
      { strategy: rolling("10%", 1) },
      { ...original, strategy: rolling("25%", 1) },
    ],
    ["both", { strategy: rolling(2, 1) }, { ...original, strategy: rolling(2, 1) }],
    ["Recreate", { strategy: { type: "Recreate" } }, { ...original, strategy: { type: "Recreate" } }],
  ];
  for (const [what, fields, expected] of wishes) {
    it(`takes ${what} for what the user wants from now on`, () =>
      expect(updateOriginals(original, held, { ...held, ...fields })).to.deep.equal(expected));
  }

  it("pauses in the form that the API server stores", () => {
    expect(pause(specOf({}), true)).to.deep.equal(specOf({ paused: true }));
    expect(pause(specOf({ paused: true }), undefined)).to.deep.equal(specOf({}));
    expect(pause(specOf({ paused: true }), false)).to.deep.equal(specOf({}));
  });

  const pods: [string | number | undefined, number, number][] = [
    ["10%", 5, 1],
    ["10%", 11, 2],
    ["100%", 7, 7],
    ["1%", 1, 1],
    [3, 5, 3],
    [undefined, 5, 0],
  ];
  for (const [size, replicas, expected] of pods) {
    it(`a surge of ${size} makes ${expected} of ${replicas} pods`, () =>
      expect(surgePods(size, replicas)).to.equal(expected));
  }

  it("sizes the canary so that its pods are loaded no more than the stable ones", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 500 }),
        (hundredths, replicas) => {
          const weight = hundredths / 100;
          const canary = surgePods(surgeFor(weight), replicas);
          expect(weight / canary).to.be.at.most(100 / replicas + 1e-9);
          expect(canary).to.be.at.most(replicas);
        },
      ),
    );
  });
});
