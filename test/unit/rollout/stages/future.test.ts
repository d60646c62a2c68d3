import { expect } from "chai";
import type { Route } from "../../../../kube/core/routes.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { HELD, RUN } from "../../../../rollout/keys.ts";
import { decide } from "../../../../rollout/stages/decide.ts";
import { correctFuture } from "../../../../rollout/stages/future.ts";
import { CLOCK_SKEW_MS, instant } from "../../../../rollout/text/instant.ts";
import { routeRecordOf } from "../../../../rollout/traffic/route-record.ts";
import { lastRunOf } from "../../../../rollout/workload/run-record.ts";
import { aHeld, aSnapshot, NOON } from "../../../support/builders.ts";
import { merge } from "../../../support/patch.ts";
import { aRollout } from "../../../support/rollout.ts";

const NOW = NOON + 60_000;
const IN_A_CENTURY = Date.parse("2126-01-01T00:00:00Z");
const bodyOf = (write: Write | undefined) => (write as Write & { verb: "merge" }).body;
const annotationIn = (write: Write | undefined, key: string) =>
  (bodyOf(write) as { metadata: { annotations: Record<string, string> } }).metadata.annotations[key] ?? "";

describe("instants in the future", () => {
  it("in a route's share are replaced, and then the canary is judged from now on", () => {
    const snapshot = aRollout({ since: IN_A_CENTURY, now: NOW });
    const { writes = [] } = correctFuture(snapshot) ?? {};
    expect(writes).to.have.length(1);
    expect(JSON.parse(annotationIn(writes[0], HELD)).flights["uid-web"]).to.deep.equal({
      namespace: "shop",
      twins: { web: "web-canary" },
      weight: 10,
      since: instant(NOW),
    });
    const [route] = snapshot.routes;
    const corrected = merge(route as never, bodyOf(writes[0]) as never) as never;
    expect(routeRecordOf(corrected)?.shares["uid-web"]?.weight).to.equal(10);
    const next = aRollout({ now: NOW, routes: [corrected] });
    expect(next.judgeInput?.from).to.equal(NOW);
  });

  for (const name of [
    "stepSince",
    "inForceSince",
    "judgedSince",
    "detached",
    "unansweredSince",
    "unroutedSince",
  ] as const)
    it(`in ${name} of the run record are replaced, and the rest of the record stays`, () => {
      const snapshot = aRollout({ now: NOW, run: { [name]: instant(IN_A_CENTURY), message: "kept" } });
      const { writes = [] } = correctFuture(snapshot) ?? {};
      expect(writes).to.have.length(1);
      const corrected = JSON.parse(annotationIn(writes[0], RUN));
      expect(corrected).to.deep.equal({ v: 1, ...snapshot.run, [name]: instant(NOW) });
      const judged = merge(snapshot.judged as never, bodyOf(writes[0]) as never);
      expect(lastRunOf(judged as never)?.[name]).to.equal(instant(NOW));
    });

  it("do not delay a drain: each route is written, so one that is refused keeps no weight on the others", () => {
    const held = aHeld({ asked: "abort" });
    const snapshot = aRollout({ since: IN_A_CENTURY, now: NOW, held });
    const [good] = aRollout({ now: NOW }).routes;
    const other = { ...(good as Route), metadata: { ...(good as Route).metadata, name: "other" } };
    const { writes } = decide(aSnapshot({ ...snapshot, routes: [...snapshot.routes, other] }));
    const routes = writes.filter((write) => write.verb === "merge" && write.kind === "httproutes");
    expect(routes.map((write) => "name" in write && write.name)).to.deep.equal(["web", "other"]);
    for (const write of routes)
      expect(JSON.parse(annotationIn(write, HELD)).flights["uid-web"]).to.include({
        weight: 0,
        since: instant(NOW),
      });
  });

  it("stay if clocks may differ by as much", () => {
    const since = NOW + CLOCK_SKEW_MS;
    const snapshot = aRollout({ now: NOW, since, run: { stepSince: instant(since) } });
    expect(correctFuture(snapshot)).to.equal(undefined);
  });
});
