import { expect } from "chai";
import { admitCreate } from "../../../../rollout/admission/admit.ts";
import { edit, yes } from "../../../support/ask.ts";
import { aDeployment, aTemplate } from "../../../support/builders.ts";

const STEPS = { "serin.dev/steps": "50" };
const { metadata: own, spec } = aTemplate();
const inTemplate = (keys: object) =>
  aDeployment({ template: { metadata: { ...own, ...keys }, spec } as never });

describe("keys of Serin where nothing reads them", () => {
  const places = [
    ["annotation serin.dev/steps of the pod template", inTemplate({ annotations: STEPS })],
    ["label serin.dev/steps of the pod template", inTemplate({ labels: { ...own?.labels, ...STEPS } })],
    ["label serin.dev/steps", aDeployment({ meta: { labels: STEPS } })],
  ] as const;
  for (const [place, requested] of places) {
    it(`are named when a request brings them, and only then: ${place}`, () => {
      const warning = `nothing reads the ${place}: set it as an annotation of the Deployment itself`;
      const created = admitCreate(requested);
      expect(created.allowed && created.warnings).to.deep.equal([warning]);
      expect(yes(requested, aDeployment()).warnings).to.include(warning);
      expect(yes(edit(requested, { replicas: 7 }), requested).warnings).to.deep.equal([]);
    });
  }

  it("are named without the opt-in if one of them is the opt-in itself", () => {
    const without = (object: ReturnType<typeof aDeployment>) => {
      const { "serin.dev/rollout": _rollout, ...annotations } = object.metadata.annotations ?? {};
      return { ...object, metadata: { ...object.metadata, annotations } };
    };
    const optIn = { "serin.dev/rollout": "canary", ...STEPS };
    const requested = without(inTemplate({ annotations: optIn }));
    const place = "the annotation serin.dev/rollout of the pod template";
    const warning = `nothing reads ${place}: set it as an annotation of the Deployment itself`;
    const created = admitCreate(requested);
    expect(created.allowed && created.warnings).to.deep.equal([warning]);
    expect(yes(requested, without(aDeployment())).warnings).to.deep.equal([warning]);
    expect(yes(edit(requested, { replicas: 7 }), requested).warnings).to.deep.equal([]);
    expect(yes(without(inTemplate({ annotations: STEPS })), without(aDeployment())).warnings).to.deep.equal(
      [],
    );
  });

  it("are not those that Serin writes there", () => {
    const tracked = inTemplate({ annotations: { "serin.dev/config": "configmap/web=a..b" } });
    const created = admitCreate(tracked);
    expect(created.allowed && created.warnings).to.deep.equal([]);
  });
});
