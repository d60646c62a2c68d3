import { expect } from "chai";
import { settingsInForce } from "../../../../rollout/view/settings.ts";
import { aDeployment, aHeld } from "../../../support/builders.ts";

describe("the settings of a plan", () => {
  it("name who gave each value: the Deployment, the profile, the namespace, or nobody", () => {
    const defaults = [
      { from: "profile", name: "slow", values: { interval: "5m", steps: "1, 5" } },
      { from: "namespace", name: "shop", values: { "on-failure": "undo" } },
    ] as const;
    const annotations = {
      "serin.dev/held": JSON.stringify(aHeld({ defaults: [...defaults] })),
      "serin.dev/steps": "20",
    };
    const settings = settingsInForce(aDeployment({ annotations }));
    const of = (name: string) => settings.find((one) => one.name === name);
    expect(of("rollout")).to.include({ value: "canary", from: "deployment" });
    expect(of("steps")).to.include({ value: "20", from: "deployment" });
    expect(of("interval")).to.include({ value: "5m", from: "profile slow" });
    expect(of("on-failure")).to.include({ value: "undo", from: "namespace shop" });
    expect(of("max-interval")).to.include({ value: "10m", from: "default" });
    expect(of("match")).to.include({ value: "", from: "default" });
    expect(settings.map(({ name }) => name)).to.not.include("promote");
  });
});
