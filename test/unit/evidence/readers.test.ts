import { expect } from "chai";
import { readersBy } from "../../../evidence/readers.ts";
import { judgeInputOf } from "../../../rollout/stages/judge-input.ts";
import { aRollout } from "../../support/rollout.ts";
import { aWatch } from "./metrics.ts";

describe("the evidence of several Prometheus servers", () => {
  const made: string[] = [];
  const readers = () => {
    made.splice(0);
    return readersBy((name = "own") => {
      made.push(`make ${name}`);
      return {
        of: ({ uid }) => {
          made.push(`${name} of ${uid}`);
          return { gates: {} };
        },
        forget: (uid) => made.push(`${name} forget ${uid}`),
      };
    });
  };
  const watch = (service: string, prometheus?: string) =>
    aWatch(service, 0, prometheus === undefined ? {} : { prometheus });

  it("is read from the one that the plan names", () => {
    const annotations = { "serin.dev/prometheus": "mimir" };
    expect(judgeInputOf(aRollout({ annotations }))?.prometheus).to.equal("mimir");
    expect(judgeInputOf(aRollout())).not.to.have.property("prometheus");
    const all = readers();
    for (const one of [watch("a"), watch("b", "mimir"), watch("c")]) all.of(one);
    expect(made).to.deep.equal(["make own", "own of uid-a", "make mimir", "mimir of uid-b", "own of uid-c"]);
  });

  it("is forgotten by the one that the plan named before, and a reader without a rollout goes", () => {
    const all = readers();
    for (const one of [watch("a", "mimir"), watch("a", "thanos"), watch("a", "mimir")]) all.of(one);
    all.forget("uid-a");
    all.of(watch("a", "mimir"));
    const of = (name: string) => [`make ${name}`, `${name} of uid-a`];
    expect(made).to.deep.equal([
      ...of("mimir"),
      "mimir forget uid-a",
      ...of("thanos"),
      "thanos forget uid-a",
      ...of("mimir"),
      "mimir forget uid-a",
      ...of("mimir"),
    ]);
  });
});
