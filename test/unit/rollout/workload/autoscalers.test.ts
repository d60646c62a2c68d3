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
        .to.match(/^HorizontalPodAutoscaler web-hpa scales on memory/)
        .and.include("up to maxReplicas 20")
        .and.include("selectPolicy");
    }
  });

  it("warns of every metric that may not fall with more pods", () => {
    const named = (name: string, type: string) => ({ metric: { name }, target: { type } });
    for (const [metric, reason] of [
      [{ resource: { name: "ephemeral-storage" } }, "scales on ephemeral-storage, which does not fall"],
      [{ pods: named("heap", "AverageValue") }, "the average of heap over its pods, which may not fall"],
      [{ object: named("jobs", "Value") }, "the Object metric jobs with a target of type Value"],
      [{ external: named("queue", "Value") }, "the External metric queue with a target of type Value"],
    ] as const) {
      const warnings = warned(anAutoscaler({ metrics: [...on("cpu"), metric, metric] }));
      expect(warnings, reason).to.have.length(1);
      expect(warnings[0]).to.include(reason).and.include("up to maxReplicas 20");
    }
  });

  it("has nothing against a sum that is divided by the pods", () => {
    const sum = { metric: { name: "queue" }, target: { type: "AverageValue" } };
    expect(warned(anAutoscaler({ metrics: [{ external: sum }, { object: sum }] }))).to.deep.equal([]);
  });

  it("has nothing against others", () => {
    expect(warned(anAutoscaler({ metrics: on("cpu") }))).to.deep.equal([]);
    expect(warned(anAutoscaler({ metrics: [{}] }))).to.deep.equal([]);
    expect(warned(anAutoscaler({ scaleTargetRef: { kind: "Deployment", name: "api" } }))).to.deep.equal([]);
    expect(warned(anAutoscaler({ scaleTargetRef: { kind: "StatefulSet", name: "web" } }))).to.deep.equal([]);
    expect(warned()).to.deep.equal([]);
  });
});
