import { expect } from "chai";
import { describeSize, parseSize } from "../../../../rollout/plan/size.ts";
import { surgeAt } from "../../../../rollout/workload/surge.ts";
import { aPlan } from "../../../support/builders.ts";

describe("size", () => {
  const read: [text: string, told: string | undefined][] = [
    [" weight ", undefined],
    ["3", "3 canary pods"],
    ["50%", "canary pods for 50% of the replicas"],
    ["100%", "canary pods for 100% of the replicas"],
  ];
  for (const [text, told] of read) {
    it(`reads ${text}`, () => {
      const parsed = parseSize(text);
      expect("value" in parsed && describeSize(parsed.value)).to.equal(told);
    });
  }
  for (const text of ["", "0", "0%", "-1", "1.5", "101%", "50 %", "all", "weight%", "1e3", "123456"]) {
    it(`complains about ${JSON.stringify(text)}`, () => expect(parseSize(text)).to.have.property("problems"));
  }

  const surges: [annotations: Record<string, string>, ...[weight: number, surge: string | number][]][] = [
    [{}, [0, "10%"], [10, "10%"], [33.3, "34%"], [100, "100%"]],
    [{ steps: "pause, 0.5, 20" }, [0, "1%"], [0.5, "1%"]],
    [{ mirror: "30%" }, [0, "30%"], [10, "10%"]],
    [{ size: "3" }, [0, 3], [50, 3]],
    [{ size: "40%" }, [0, "40%"], [50, "40%"]],
    [{ rollout: "blue-green" }, [0, "100%"], [100, "100%"]],
    [{ rollout: "blue-green", mirror: "10%" }, [0, "100%"]],
    [{ rollout: "ab-test", match: "header x-a=1" }, [0, "100%"]],
    [{ rollout: "ab-test", match: "header x-a=1", size: "2" }, [0, 2]],
    [{ rollout: "ab-test", match: "header x-a=1", size: "weight" }, [0, "100%"]],
  ];
  for (const [annotations, ...wanted] of surges) {
    it(`of ${JSON.stringify(annotations)}: ${wanted.map(([weight, surge]) => `${surge} at ${weight}`).join(", ")}`, () => {
      const keyed = Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`serin.dev/${key}`, value]),
      );
      const plan = aPlan(keyed);
      expect(wanted.map(([weight]) => surgeAt(plan, weight))).to.deep.equal(wanted.map(([, surge]) => surge));
    });
  }
});
