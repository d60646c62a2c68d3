import { expect } from "chai";
import type { SourceObject } from "../../../migrate/conversion.ts";
import { kruiseFields } from "../../../migrate/kruise/fields.ts";
import { annotationsOf, converted, saidOf } from "./canaries.ts";
import { crdPaths, expectCovered } from "./crd-fields.ts";

function rollout(
  strategy: object,
  more: object = {},
  apiVersion = "rollouts.kruise.io/v1beta1",
): SourceObject {
  const workloadRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  const metadata = { name: "rollout", namespace: "shop" };
  return { apiVersion, kind: "Rollout", metadata, spec: { workloadRef, strategy, ...more } };
}

const trafficRoutings = [{ service: "web", gateway: { httpRouteName: "web" } }];

describe("convert: a Rollout of Kruise Rollouts", () => {
  it("has a row for each field", () => {
    expectCovered(crdPaths("kruise", "Rollout"), kruiseFields);
  });

  for (const [what, strategy, expected] of [
    [
      "shares, pods and pauses",
      {
        canary: {
          trafficRoutings,
          steps: [
            { traffic: "20%", replicas: 1, pause: {} },
            { traffic: "50%", replicas: "50%", pause: { duration: 60 } },
            { traffic: "100%", replicas: "100%" },
          ],
        },
      },
      { rollout: "canary", steps: "20, pause, 50:1m, 100", size: "1", services: "web", routes: "web" },
    ],
    [
      "testers before the first share",
      {
        canary: {
          steps: [
            { replicas: 1, matches: [{ headers: [{ name: "x-a", value: "b" }] }] },
            { traffic: "50%", replicas: "50%", pause: { duration: 60 } },
          ],
        },
      },
      {
        rollout: "canary",
        steps: "pause, 50:1m",
        size: "1",
        match: "- headers:\n    - name: x-a\n      value: b\n",
      },
    ],
    [
      "a switch",
      {
        blueGreen: {
          trafficRoutings,
          steps: [
            { replicas: "100%", traffic: "0%", pause: {} },
            { replicas: "100%", traffic: "100%", pause: { duration: 300 } },
          ],
        },
      },
      { rollout: "blue-green", steps: "pause, 100:5m", services: "web", routes: "web" },
    ],
    [
      "a blue-green rollout that shares the traffic, as a canary of full size",
      {
        blueGreen: {
          steps: [
            { replicas: "100%", traffic: "30%", pause: { duration: 60 } },
            { replicas: "100%", traffic: "100%" },
          ],
        },
      },
      { rollout: "canary", steps: "30:1m, 100", size: "100%" },
    ],
    ["batches without traffic", { canary: { steps: [{ replicas: "20%" }, { replicas: "100%" }] } }, {}],
  ] as const) {
    it(`carries ${what}`, () => {
      const keys = Object.fromEntries(
        Object.entries(expected).map(([key, value]) => [`serin.dev/${key}`, value]),
      );
      expect(annotationsOf(converted([rollout(strategy)]))).to.deep.equal(keys);
    });
  }

  it("keeps at most twenty of many steps, with the only pause", () => {
    const steps = Array.from({ length: 30 }, (_, i) => ({
      traffic: `${3 * i + 3}%`,
      ...(i === 9 ? {} : { pause: { duration: 60 } }),
    }));
    const found = converted([rollout({ canary: { steps } })]);
    const kept = annotationsOf(found)["serin.dev/steps"]?.split(", ");
    expect(kept).to.have.length(20).and.include("pause").and.include("9:2m");
    expect(saidOf(found, "differs").join("\n")).to.contain("20 of 31 steps are kept");
  });

  it("chooses no more testers than before", () => {
    const path = { type: "PathPrefix", value: "/a" };
    const steps = [
      { matches: [{ path, headers: [{ name: "x-a", value: "b" }] }] },
      { traffic: "50%", pause: { duration: 9 } },
    ];
    const found = converted([rollout({ canary: { steps } })]);
    expect(annotationsOf(found)).not.to.have.property("serin.dev/match");
    expect(saidOf(found, "not").join("\n")).to.contain("a match with a path is left out");
  });

  it("names another workload, a disabled Rollout and another version of the API", () => {
    const other = converted([rollout({ canary: {} }, { workloadRef: { kind: "CloneSet", name: "web" } })]);
    expect(other.files).to.deep.equal([]);
    const steps = [{ traffic: "50%" }];
    expect(annotationsOf(converted([rollout({ canary: { steps } }, { disabled: true })]))).to.deep.equal({});
    expect(() => converted([rollout({}, {}, "rollouts.kruise.io/v1alpha1")])).to.throw(
      "let the API server convert it",
    );
  });
});
