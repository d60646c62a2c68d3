import { expect } from "chai";
import { type Autoscaler, autoscalerWarnings } from "../../../../rollout/workload/autoscalers.ts";
import { aDeployment } from "../../../support/builders.ts";

describe("rollout/autoscaling", () => {
  const on = (name: string) => [{ resource: { name } }];
  const anAutoscaler = (spec: Partial<Autoscaler["spec"]> = {}): Autoscaler => ({
    metadata: { name: "web-hpa" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "web" },
      maxReplicas: 20,
      metrics: on("memory"),
      ...spec,
    },
  });
  const warned = (...autoscalers: Autoscaler[]) => autoscalerWarnings(autoscalers, aDeployment());

  it("warns of memory, by name, with what to do", () => {
    for (const memory of [on("memory"), [{ containerResource: { name: "memory" } }]]) {
      const [warning, ...others] = warned(anAutoscaler({ metrics: [...on("cpu"), ...memory] }));
      expect(others).to.deep.equal([]);
      expect(warning)
        .to.match(/^serin: HorizontalPodAutoscaler web-hpa scales on memory/)
        .and.include("up to maxReplicas 20")
        .and.include("selectPolicy");
    }
  });

  it("has nothing against others", () => {
    expect(warned(anAutoscaler({ metrics: on("cpu") }))).to.deep.equal([]);
    expect(warned(anAutoscaler({ metrics: [{}] }))).to.deep.equal([]);
    expect(warned(anAutoscaler({ scaleTargetRef: { kind: "Deployment", name: "api" } }))).to.deep.equal([]);
    expect(warned(anAutoscaler({ scaleTargetRef: { kind: "StatefulSet", name: "web" } }))).to.deep.equal([]);
    expect(warned()).to.deep.equal([]);
  });
});
