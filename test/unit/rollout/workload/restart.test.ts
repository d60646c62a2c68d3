import { expect } from "chai";
import type { PodTemplate } from "../../../../kube/core/workloads.ts";
import { mutableImageWarnings } from "../../../../rollout/workload/mutable-image.ts";
import { onlyRestarted } from "../../../../rollout/workload/restart.ts";
import { aTemplate } from "../../../support/builders.ts";

const annotated = (key: string, value = "x", template = aTemplate()): PodTemplate => ({
  ...template,
  metadata: {
    ...template.metadata,
    annotations: { ...template.metadata?.annotations, [key]: value },
  },
});
const restartedAt = (at: string, template = aTemplate()) =>
  annotated("kubectl.kubernetes.io/restartedAt", at, template);
/** As Tencent's console restarts. */
const labelled = (at: string, more: Record<string, string> = {}): PodTemplate => {
  const template = aTemplate();
  const labels = { ...template.metadata?.labels, "qcloud-redeploy-timestamp": at, ...more };
  return { ...template, metadata: { ...template.metadata, labels } };
};

describe("restart", () => {
  const restarts: [string, PodTemplate, PodTemplate, boolean][] = [
    ["a first restart", aTemplate(), restartedAt("1"), true],
    ["a second restart", restartedAt("1"), restartedAt("2"), true],
    ["an undo of a restart", restartedAt("1"), aTemplate(), true],
    ["the same template", restartedAt("1"), restartedAt("1"), false],
    ["a restart with a new image", aTemplate(), restartedAt("1", aTemplate("web:2")), false],
    ["another annotation", aTemplate(), annotated("x"), false],
    ["a restart next to another annotation", annotated("x"), restartedAt("1", annotated("x")), true],
    ["a restart with another annotation", aTemplate(), restartedAt("1", annotated("x")), false],
    ["a restart by a label", labelled("1"), labelled("2"), true],
    ["a restart by a label with another label", labelled("1"), labelled("2", { tier: "x" }), false],
    ...[
      "cattle.io/timestamp",
      "kubesphere.io/restartedAt",
      "openshift.io/restartedAt",
      "team.example/restarted-at",
      "redeploy-timestamp",
      "qcloud-redeploy-timestamp",
      "operator.1password.io/last-restarted",
      "team.example/cron-last-restarted-at",
      "team.example/lastRestartTime",
      "restart",
    ].map(
      (key) =>
        [key, annotated(key, "1"), annotated(key, "2"), true] as [string, PodTemplate, PodTemplate, boolean],
    ),
    ...[
      "checksum/config",
      "team.example/timestamp",
      "restart-policy",
      "team.example/auto-restart",
      "team.example/predeploy-timestamp",
      "serin.dev/config",
      "config-version",
    ].map(
      (key) =>
        [key, annotated(key, "1"), annotated(key, "2"), false] as [string, PodTemplate, PodTemplate, boolean],
    ),
  ];
  for (const [what, before, after, expected] of restarts) {
    it(`${what} is ${expected ? "" : "not "}only a restart`, () =>
      expect(onlyRestarted(after, before)).to.equal(expected));
  }

  const digest = `web@sha256:${"a".repeat(64)}`;
  const images: [string, string | undefined, boolean][] = [
    ["web", undefined, true],
    ["web:latest", undefined, true],
    ["registry.example:5000/team/web", undefined, true],
    ["registry.example:5000/team/web:2", undefined, false],
    ["web:2", "Always", true],
    ["web:2", "IfNotPresent", false],
    ["web:latest", "IfNotPresent", false],
    [digest, "Always", false],
  ];
  for (const [image, imagePullPolicy, expected] of images) {
    for (const kind of ["containers", "initContainers"]) {
      it(`of ${image} (${imagePullPolicy}) in ${kind} ${expected ? "may" : "does not"} bring new code`, () => {
        const container = { name: "app", image, ...(imagePullPolicy && { imagePullPolicy }) };
        const said = mutableImageWarnings({ spec: { [kind]: [container] } });
        expect(said.join().includes(`new code: ${image};`)).to.equal(expected);
      });
    }
  }
});
