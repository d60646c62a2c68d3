import { expect } from "chai";
import { leanPod } from "../../../../controller/reconcile/lean-objects.ts";
import type { Pod } from "../../../../kube/core/workloads.ts";
import { restartOptions } from "../../../../rollout/judge/criteria.ts";
import { logHarm } from "../../../../rollout/judge/harm-test.ts";
import { foldRestarts, noRestarts, type PodsOf, restartsOf } from "../../../../rollout/judge/restarts.ts";
import { aTerms, SINCE } from "./criteria.ts";

const options = restartOptions(aTerms());

/** A pod, by default older than the rollout. */
function aPod(name: string, restarts: number, bornAt = SINCE - 3_600_000): Pod {
  return {
    metadata: { name, creationTimestamp: new Date(bornAt).toISOString() },
    status: { containerStatuses: [{ name: "main", restartCount: restarts }] },
  };
}

/** Folds the readings, one every ten seconds. */
function folded(...looks: readonly PodsOf[]) {
  const [first = { canary: [], stable: [] }, ...more] = looks;
  let restarts = noRestarts(first, SINCE);
  more.forEach((pods, i) => {
    restarts = foldRestarts(restarts, pods, SINCE + 10_000 * (i + 1), options);
  });
  return restarts;
}

describe("restarts", () => {
  it("include all containers", () => {
    const statuses = [
      { name: "main", restartCount: 2 },
      { name: "sidecar", restartCount: 1 },
    ];
    expect(restartsOf({ metadata: { name: "a" }, status: { containerStatuses: statuses } })).to.equal(3);
    expect(restartsOf({ metadata: { name: "a" } })).to.equal(0);
  });

  it("include a sidecar, but no init container that has to end before the pod serves", () => {
    const statuses = [
      { name: "wait", restartCount: 4 },
      { name: "proxy", restartCount: 2 },
    ];
    const initContainers = [{ name: "wait" }, { name: "proxy", restartPolicy: "Always" }];
    const pod = { ...aPod("a", 1), spec: { initContainers } };
    const served = { ...pod, status: { ...pod.status, initContainerStatuses: statuses } };
    expect(restartsOf(served)).to.equal(3);
    expect(restartsOf(leanPod(served)), "as the controller keeps it").to.equal(3);
  });

  it("count from the canary's first traffic, by pod and second", () => {
    const looks = [1, 1, 3].map((n) => ({ canary: [aPod("c", n)], stable: [aPod("s", 7), aPod("t", 0)] }));
    expect(folded(...looks).comparison.totals).to.deep.equal([2, 20, 0, 40]);
  });

  it("of a new pod count all, and its seconds since its creation", () => {
    const stable = [aPod("s", 0)];
    const found = folded({ canary: [], stable }, { canary: [aPod("c", 1, SINCE + 4_000)], stable });
    expect(found.comparison.totals).to.deep.equal([1, 6, 0, 10]);
  });

  it("stay counted after a pod is gone, and count once if the pod returns", () => {
    const stable = [aPod("s", 0)];
    const with2 = { canary: [aPod("c", 2)], stable };
    const found = folded({ canary: [aPod("c", 0)], stable }, with2, { canary: [], stable }, with2);
    expect(found.comparison.totals[0]).to.equal(2);
  });

  it("are read once at one instant", () => {
    const pods = { canary: [aPod("c", 5)], stable: [aPod("s", 0)] };
    const before = noRestarts({ canary: [aPod("c", 0)], stable: [] }, SINCE);
    expect(foldRestarts(before, pods, SINCE, options)).to.equal(before);
  });

  it("record only the pods that restarted", () => {
    const { counted } = folded({ canary: [aPod("c", 0)], stable: [aPod("s", 3)] });
    expect(counted).to.deep.equal({ s: 3 });
  });

  it("name the canary's pods that restarted in this rollout, and no others", () => {
    const at = (n: number) => ({ canary: [aPod("c", 1 + n), aPod("d", 4)], stable: [aPod("s", 2 * n)] });
    expect(folded(at(0), at(1), at(2)).pods).to.deep.equal({ c: 2 });
  });

  it("are evidence if the canary has many, and no evidence if both versions do", () => {
    const at = (canary: number, stable: number) => {
      const nine = Array.from({ length: 9 }, (_, i) => aPod(`s${i}`, stable));
      return { canary: [aPod("c", canary)], stable: nine };
    };
    const ticks = [0, 1, 2, 3, 4, 5, 6];
    const log = (looks: PodsOf[]) => logHarm(folded(...looks).comparison.harm, { onset: true });
    expect(log(ticks.map((n) => at(n, 0)))).to.be.above(Math.log(1_000));
    expect(log(ticks.map((n) => at(n, n)))).to.be.below(Math.log(2));
  });
});
