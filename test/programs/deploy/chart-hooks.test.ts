import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { findHelm } from "../../cluster/tools.ts";
import { chartArgs, type Rendered, renderChart } from "./rendered.ts";

const HOOKS = ["serin-cleanup", "serin-doctor"];

describe("the hooks of the Helm chart", function () {
  this.timeout(120_000);

  it("run where the controller may run, with its image and its priority", () => {
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } };
    const controller = {
      nodeSelector: { pool: "system" },
      tolerations: [{ key: "system", operator: "Exists" }],
      priorityClassName: "high",
      affinity: { nodeAffinity, podAntiAffinity: {} },
    };
    const values = [`controller=${JSON.stringify(controller)}`, 'image.pullPolicy="Always"'];
    const pods = podsOf(renderChart(4, ...values.flatMap((value) => ["--set-json", value])));
    expect([...pods.keys()]).to.have.members(HOOKS);
    // Not the rest of the affinity, which speaks of the controller's own pods.
    const wanted = { ...controller, affinity: { nodeAffinity } };
    for (const [name, spec] of pods) {
      expect(spec, name).to.deep.include(wanted);
      expect(spec.containers[0].imagePullPolicy, name).to.equal("Always");
    }
  });

  it("keep the name that selects Serin's objects, whatever commonLabels says", () => {
    const value = 'commonLabels={"app.kubernetes.io/name":"mine","team":"a"}';
    const text = execFileSync(findHelm(4), [...chartArgs, "--set-json", value], {
      encoding: "utf8",
      stdio: "pipe",
    });
    const documents = parseAllDocuments(text);
    expect(documents.flatMap(({ errors }) => errors)).to.deep.equal([]);
    for (const { kind, metadata } of documents.map((each) => each.toJS() as Rendered))
      expect(metadata.labels, `${kind} ${metadata.name}`).to.deep.include({
        "app.kubernetes.io/name": "serin",
        team: "a",
      });
  });
});

/** The pods' specs of the hooks, by the hook's name. */
function podsOf(objects: readonly Rendered[]): ReadonlyMap<string, Rendered["spec"]> {
  const hooks = objects.filter(
    ({ kind, metadata }) => HOOKS.includes(metadata.name) && /^(Job|Pod)$/.test(kind),
  );
  return new Map(
    hooks.map(({ kind, metadata, spec }) => [metadata.name, kind === "Job" ? spec.template.spec : spec]),
  );
}
