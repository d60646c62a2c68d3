import { expect } from "chai";
import { issueAuthority } from "../../../../certs/issue.ts";
import { aboutConfiguration } from "../../../../cli/doctor/configuration.ts";
import {
  aboutAnswer,
  aboutGateways,
  aboutLeader,
  aboutNamespace,
  aboutPrograms,
  aboutPrometheus,
} from "../../../../cli/doctor/findings.ts";
import type { Finding } from "../../../../cli/lint/finding.ts";
import { prometheusOf, serviceAt } from "../../../../cli/reading/serin.ts";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { aDeployment, NOON } from "../../../support/builders.ts";

const DAY_MS = 86_400_000;
const told = ({ kind, says }: Finding) => `${kind}: ${says}`;

/** One of Serin's programs. */
function program(more: { image?: string; available?: number; args?: string[] } = {}): Deployment {
  const { image = "serin:0.1.0", available = 2, args = [] } = more;
  const template = { spec: { containers: [{ name: "controller", image, args }] } };
  const base = aDeployment({ replicas: 2 });
  return {
    ...base,
    spec: { ...base.spec, template },
    status: { availableReplicas: available },
  } as Deployment;
}

describe("kubectl serin doctor", () => {
  it("examines the webhook configuration and its certificate", async () => {
    const { cert } = await issueAuthority({ now: NOON, lifeMs: 30 * DAY_MS });
    const bundle = Buffer.from(cert).toString("base64");
    const one = { name: "serin", namespace: "platform", bundles: [bundle, bundle], deviations: [] };
    expect(told(aboutConfiguration([one], NOON))).to.match(
      /^good: serin calls Serin in the namespace platform/,
    );
    expect(told(aboutConfiguration([one], NOON + 25 * DAY_MS))).to.match(/^warning: .* lasts 5d/);
    expect(told(aboutConfiguration([one], NOON + 31 * DAY_MS))).to.match(
      /^bad: the authority .* has expired/,
    );
    const unwritten = { ...one, bundles: [bundle, undefined] };
    expect(told(aboutConfiguration([unwritten], NOON))).to.match(/^bad: serin has no caBundle/);
    const edited = { ...one, deviations: ["new-version.serin.dev is missing"] };
    expect(told(aboutConfiguration([edited], NOON))).to.match(
      /^bad: serin is not as Serin installs it: new-version.serin.dev is missing; apply the manifests or the chart of this version again$/,
    );
    expect(told(aboutConfiguration([], NOON))).to.match(/^bad: the API server does not know/);
    expect(
      told(aboutConfiguration([one, { ...one, name: "old", namespace: "serin-system" }], NOON)),
    ).to.match(/^bad: serin \(namespace platform\), old \(namespace serin-system\) all call/);
  });

  it("warns of a namespace that is not Serin's alone, because its other accounts pass admission", () => {
    expect(aboutNamespace("platform", [])).to.deep.equal([]);
    expect(aboutNamespace("platform", ["api", "web"]).map(told)).to.have.length(1);
    expect(aboutNamespace("platform", ["api", "web"]).map(told)[0]).to.match(
      /^warning: it has other Deployments, such as api, .*, so no webhook checks .*; give Serin a namespace of its own$/,
    );
  });

  it("examines the programs, and compares their version with its own", () => {
    const kinds = (...found: Deployment[]) => aboutPrograms(found, "0.1.0").map(({ kind }) => kind);
    expect(kinds()).to.deep.equal(["bad"]);
    expect(kinds(program(), program({ available: 1 }), program({ available: 0 }))).to.deep.equal([
      "good",
      "warning",
      "bad",
    ]);
    expect(kinds(program({ image: "registry:5000/serin:0.2.0" }))).to.deep.equal(["warning"]);
    expect(kinds(program({ image: "serin@sha256:0123" }), program({ image: "serin:main" }))).to.deep.equal([
      "good",
      "good",
    ]);
  });

  it("tells which programs share the labels by which others are selected", () => {
    const labelled = (name: string, app: string): Deployment => {
      const base = program();
      const labels = { "app.kubernetes.io/name": app };
      const { template } = base.spec;
      const spec = { ...base.spec, selector: { matchLabels: labels } };
      return {
        ...base,
        metadata: { name },
        spec: { ...spec, template: { ...template, metadata: { labels: { ...labels, more: name } } } },
      } as Deployment;
    };
    const said = (...found: Deployment[]) => aboutPrograms(found, "0.1.0").map(told);
    const [webhook, controller] = said(
      labelled("serin", "delivery"),
      labelled("serin-controller", "delivery"),
    );
    expect(webhook).to.match(
      /^warning: .*; its selector also takes the pods of serin-controller: .*commonLabels/,
    );
    expect(controller).to.match(/^warning: .*; its selector also takes the pods of serin: /);
    expect(said(labelled("serin", "serin"), labelled("serin-controller", "serin-controller"))).to.deep.equal([
      "good: 2 of 2 pods are available, image serin:0.1.0",
      "good: 2 of 2 pods are available, image serin:0.1.0",
    ]);
  });

  it("tells why the API server refuses pods of a program, such as for a quota of the namespace", () => {
    const refused = (available: number) => {
      const message = 'pods "serin-1" is forbidden: failed quota: must specify limits.cpu';
      const conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }];
      const base = program({ available });
      return aboutPrograms([{ ...base, status: { ...base.status, conditions } } as Deployment], "0.1.0").map(
        told,
      )[0];
    };
    expect(refused(0)).to.match(/^bad: no pod is available: pods "serin-1" is forbidden: failed quota/);
    expect(refused(1)).to.match(/^warning: 1 of 2 pods are available.*: pods "serin-1" is forbidden/);
  });

  it("knows whether a controller leads", () => {
    const lease = (ageMs: number) => ({
      metadata: { name: "serin" },
      spec: {
        holderIdentity: "serin-controller-1",
        leaseDurationSeconds: 15,
        renewTime: new Date(NOON - ageMs).toISOString(),
      },
    });
    expect(told(aboutLeader(lease(10_000), NOON))).to.equal("good: serin-controller-1 leads");
    expect(told(aboutLeader(lease(120_000), NOON))).to.match(/^bad: serin-controller-1 led last, 2m ago/);
    expect(told(aboutLeader(undefined, NOON))).to.match(/^bad: no controller leads/);
  });

  it("finds the Service of Prometheus in the controller's flags", () => {
    const at = (url: string) => serviceAt(new URL(url));
    const operated = { name: "prometheus-operated", namespace: "monitoring" };
    expect(at("http://prometheus-operated.monitoring:9090")).to.deep.equal(operated);
    expect(at("http://prometheus-operated.monitoring.svc.cluster.local:9090/p")).to.deep.equal(operated);
    for (const url of ["http://10.0.0.1:9090", "https://metrics.example.com", "http://prometheus:9090"])
      expect(at(url), url).to.equal(undefined);
    const given = program({ args: ["controller/main.ts", "--prometheus=http://a.b:9090"] });
    expect(prometheusOf(given).href).to.equal("http://a.b:9090/");
    expect(prometheusOf(program()).hostname).to.equal("prometheus.monitoring");
    const kind = (exists: boolean | undefined) => aboutPrometheus(new URL("http://a.b:9090"), exists).kind;
    expect([kind(true), kind(false), kind(undefined)]).to.deep.equal(["good", "bad", "good"]);
  });

  it("tells gateways apart", () => {
    const kinds = (...controllers: string[]) =>
      aboutGateways(controllers.map((controller) => ({ name: "a", controller }))).map(({ kind }) => kind);
    expect(kinds("traefik.io/gateway-controller", "example.com/own")).to.deep.equal(["good", "warning"]);
    const [refused] = aboutGateways([{ name: "a", controller: "getambassador.io/gateway-controller" }]);
    expect(refused).to.deep.include({ kind: "warning", where: "gatewayclass/a" });
    expect(refused?.says).to.match(/^Emissary-ingress reads routes/);
    expect(kinds()).to.deep.equal(["warning"]);
    expect(aboutGateways(undefined)[0]?.says).to.include("the Gateway API is not installed");
  });

  it("tells whether the webhook answers", () => {
    const kind = (answer: Parameters<typeof aboutAnswer>[0]) => aboutAnswer(answer).kind;
    const web = { namespace: "shop", name: "web" };
    const object = aDeployment({});
    expect(kind({ ...web, answer: { object, warnings: ["old API", "serin: canary 10 %"] } })).to.equal(
      "good",
    );
    expect(kind({ ...web, answer: { object, warnings: ["old API"] } })).to.equal("bad");
    expect(kind({ ...web, answer: { refusal: "serin: no" } })).to.equal("warning");
    expect(kind({ ...web, answer: new Error("failed calling webhook") })).to.equal("bad");
    expect(kind(undefined)).to.equal("warning");
  });
});
