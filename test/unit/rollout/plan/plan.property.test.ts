import { expect } from "chai";
import fc from "fast-check";
import { annotations } from "../../../../rollout/plan/annotations.ts";
import { formatComplaints } from "../../../../rollout/plan/complaints.ts";
import { parsePlan } from "../../../../rollout/plan/plan.ts";
import type { Step } from "../../../../rollout/plan/steps.ts";
import { formatDuration } from "../../../../rollout/text/duration.ts";
import { cases } from "../../../support/cases.ts";
import { processorTime } from "../../../support/processor-time.ts";

const keys = Object.values(annotations).map(({ key }) => key);
const weights = fc
  .uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 20 })
  .map((hundredths) => hundredths.sort((a, b) => a - b).map((hundredth) => hundredth / 100));
const steps = weights.chain((sorted) =>
  fc.tuple(
    ...sorted.map((weight) =>
      fc
        .integer({ min: 1, max: 604_800 })
        .map((seconds): Step => ({ kind: "weight", weight, leastMs: seconds * 1_000 })),
    ),
  ),
);

const formatStep = (step: Step) =>
  step.kind === "weight" ? `${step.weight}:${formatDuration(step.leastMs)}` : "pause";

describe("plan, whatever people write", () => {
  it("reads back the steps it is given", () => {
    fc.assert(
      fc.property(steps, (expected) => {
        const text = expected.map(formatStep).join(", ");
        const parsed = parsePlan({ "serin.dev/rollout": "canary", "serin.dev/steps": text });
        expect(parsed).to.have.nested.property("plan.steps").that.deep.equals(expected);
      }),
    );
  });

  const value = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9p.,: <>=%ms-]{0,60}$/),
    fc.constantFrom("__proto__", "constructor", "10, 25", "none", "pause"),
  );
  const anything = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...keys),
      fc.string().map((name) => `serin.dev/${name}`),
      fc.string(),
    ),
    value,
  );

  it("answers any annotations with a plan or with complaints, and never throws", () => {
    fc.assert(
      fc.property(anything, (given) => {
        const parsed = parsePlan(given);
        if ("plan" in parsed) return;
        expect(parsed.complaints).not.to.have.length(0);
        expect(formatComplaints(parsed.complaints)).not.to.match(/undefined|\[object/);
      }),
      { numRuns: cases(2_000) },
    );
  });

  it("makes only plans whose weights increase from above 0 to at most 100", () => {
    const texts = fc.array(fc.constantFrom("5", "10", "10.5", "100", "pause", "20:5m"), { maxLength: 6 });
    fc.assert(
      fc.property(texts, (items) => {
        const parsed = parsePlan({ "serin.dev/rollout": "canary", "serin.dev/steps": items.join(",") });
        if (!("plan" in parsed)) return;
        const found = parsed.plan.steps.flatMap((step) => (step.kind === "weight" ? [step.weight] : []));
        expect(found).to.have.length.above(0);
        expect(found.every((weight, i) => weight > (found[i - 1] ?? 0) && weight <= 100)).to.equal(true);
      }),
    );
  });

  it("spends little time on hostile values", () => {
    const hostile = [
      "1".repeat(4_096),
      "p".repeat(4_096),
      ",".repeat(4_096),
      " ".repeat(4_096),
      "a-".repeat(2_048),
    ];
    const given = hostile.map((text) => Object.fromEntries(keys.map((key) => [key, text])));
    const unknown = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, i) => [`serin.dev/${"x".repeat(50)}${i}`, ""]),
    );
    const parseAll = () => [...given, unknown].map((annotationsOfOne) => parsePlan(annotationsOfOne));
    expect(processorTime(parseAll), "ms").to.be.below(2_000);
  });
});
