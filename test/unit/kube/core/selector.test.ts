import { expect } from "chai";
import { formatSelector, predicateOf } from "../../../../kube/core/selector.ts";

const pod = {
  metadata: { name: "a", namespace: "shop", labels: { app: "web", empty: "" } },
  spec: { nodeName: "n1" },
};

describe("kube/selector", () => {
  const rows: [string, object, boolean][] = [
    ["nothing asked", {}, true],
    ["its namespace", { namespace: "shop" }, true],
    ["another namespace", { namespace: "other" }, false],
    ["a label it has", { labelSelector: "app" }, true],
    ["an empty label it has", { labelSelector: "empty" }, true],
    ["a label it lacks", { labelSelector: "tier" }, false],
    ["the absence of a label it lacks", { labelSelector: "!tier" }, true],
    ["the absence of a label it has", { labelSelector: "!app" }, false],
    ["a value it has", { labelSelector: "app=web" }, true],
    ["a value it has, twice the sign", { labelSelector: "app==web" }, true],
    ["a value it has not", { labelSelector: "app=api" }, false],
    ["another value", { labelSelector: "app!=api" }, true],
    ["another value of a label it lacks", { labelSelector: "tier!=api" }, true],
    ["a value among others", { labelSelector: "app in (api,web),empty" }, true],
    ["no value of these", { labelSelector: "app in (api,job)" }, false],
    ["a value other than these", { labelSelector: "app notin (api,job)" }, true],
    ["one of the values it must not have", { labelSelector: "app notin (api,web)" }, false],
    ["a value that a label it lacks must not have", { labelSelector: "tier notin (api)" }, true],
    ["two terms of which one fails", { labelSelector: "app=web,tier" }, false],
    ["its name", { fieldSelector: "metadata.name=a" }, true],
    ["another name", { fieldSelector: "metadata.name=b" }, false],
    ["a deeper field", { fieldSelector: "spec.nodeName=n1,metadata.namespace=shop" }, true],
    ["a field it lacks", { fieldSelector: "status.phase=Running" }, false],
  ];
  for (const [what, selection, expected] of rows) {
    it(`${expected ? "takes" : "passes over"} a pod for ${what}`, () => {
      expect(predicateOf(selection)(pod)).to.equal(expected);
    });
  }

  it("reads what is written of a Deployment's selector", () => {
    const matchLabels = { app: "web", empty: "" };
    const text = formatSelector({
      matchLabels,
      matchExpressions: [
        { key: "tier", operator: "In", values: ["front", "edge"] },
        { key: "track", operator: "NotIn", values: ["canary"] },
        { key: "team", operator: "Exists" },
        { key: "legacy", operator: "DoesNotExist" },
      ],
    });
    expect(text).to.equal("app=web,empty=,tier in (front,edge),track notin (canary),team,!legacy");
    const takes = (labels: Record<string, string>) =>
      predicateOf({ labelSelector: text })({ metadata: { name: "a", labels } });
    const labels = { ...matchLabels, tier: "edge", team: "a" };
    expect(takes(labels)).to.equal(true);
    for (const other of [{ tier: "back" }, { track: "canary" }, { legacy: "" }, { app: "api" }])
      expect(takes({ ...labels, ...other }), JSON.stringify(other)).to.equal(false);
  });

  it("refuses what it does not know", () => {
    expect(() => predicateOf({ labelSelector: "app ~ web" })).to.throw("unsupported selector term");
  });
});
