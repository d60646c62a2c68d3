import { expect } from "chai";
import { withCourse } from "../../../../rollout/stages/course.ts";
import { instant } from "../../../../rollout/text/instant.ts";
import type { RunRecord } from "../../../../rollout/workload/run-record.ts";
import { aRoute, NOON } from "../../../support/builders.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

describe("the course of a rollout", () => {
  it("has a weight since all routes give it, as the judge takes it", () => {
    const raised = (name: string, weight: number, second: number) =>
      carrying(aRoute({ meta: { name } }), weight, NOON + second * 1_000);
    const routes = [raised("web", 10, 2), raised("admin", 10, 5), raised("spare", 0, 9)];
    for (const given of [routes, routes.toReversed()]) {
      const snapshot = aRollout({ routes: given });
      const { course } = withCourse(snapshot, snapshot.run as RunRecord);
      expect(course).to.deep.equal([{ step: 0, weight: 10, at: instant(NOON + 5_000) }]);
      expect(snapshot.judgeInput?.terms.stepFrom).to.equal(NOON + 5_000);
    }
  });
});
