import { expect } from "chai";
import type { Finding } from "../../../cli/lint/finding.ts";
import { estimate } from "../../../cli/preflight/estimate.ts";
import { aboutAdmission, aboutTraffic, peakPods } from "../../../cli/preflight/findings.ts";
import {
  aboutBuckets,
  aboutMetrics,
  aboutRate,
  type PresentTraffic,
} from "../../../cli/preflight/metrics-findings.ts";
import { deploymentIn, optedIn, patchOfImage, patchOfManifest } from "../../../cli/preflight/patch.ts";
import { aboutPodsEnd } from "../../../cli/preflight/pods-end.ts";
import { aboutRoom, type Quota } from "../../../cli/preflight/room.ts";
import { aboutAutoscalers, aboutHooks, aboutRoutes } from "../../../cli/preflight/surrounding-findings.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { aDeployment, aPlan, aRoute, aService } from "../../support/builders.ts";

const plan = aPlan({ "serin.dev/steps": "10, 25, 50" });
const web = aDeployment({ annotations: { "serin.dev/steps": "10, 25, 50" }, replicas: 5 });
const told = ({ kind, says }: Finding) => `${kind}: ${says}`;
const measured: PresentTraffic = {
  ...{ packs: ["Traefik"], series: 10, scrapeMs: 5_000, rps: 203, fails: 0.001, phi: 1.1 },
  bounds: [0.1, 0.3, 1.2, 5, Number.POSITIVE_INFINITY],
};

/** The Deployment with this container, and other fields of the pod. */
function withContainer(container: object, pod: object = {}): Deployment {
  const template = { ...web.spec.template, spec: { containers: [{ name: "app", ...container }], ...pod } };
  return { ...web, spec: { ...web.spec, template } };
}

describe("kubectl serin preflight", () => {
  it("estimates less time and the same cost with more traffic", () => {
    const slow = estimate(plan, 20);
    const fast = estimate(plan, 200);
    fast.steps.forEach(({ verifiedS = 0 }, i) => {
      expect(verifiedS).to.be.below(slow.steps[i]?.verifiedS ?? 0);
    });
    const [five, one] = fast.costs;
    expect(five?.afterS).to.be.below(60);
    expect(five?.failedRequests).to.be.within(3, 60);
    expect(one?.afterS).to.be.above(five?.afterS ?? 0);
    expect(estimate(aPlan({ "serin.dev/compare": "off" }), 200).steps).to.deep.equal([]);
  });

  it("warns of steps that end without proof", () => {
    const kinds = (rps: number) => aboutTraffic(plan, rps).map(({ kind }) => kind);
    expect(kinds(1_000)).to.not.include("warning");
    expect(kinds(0.1)).to.include("warning");
  });

  it("tells the webhook's answer, and its silence", () => {
    expect(aboutAdmission({ refusal: "serin: a: use b\nc" })).to.deep.equal([
      { kind: "bad", where: "admission", says: "a: use b" },
      { kind: "bad", where: "admission", says: "c" },
    ]);
    const warned = aboutAdmission({
      object: web,
      warnings: ["serin: canary 10 %", "serin: careful", "old API"],
    });
    expect(warned.map(({ kind, says }) => `${kind} ${says}`)).to.deep.equal([
      "good canary 10 %",
      "warning careful",
    ]);
    expect(aboutAdmission({ object: web, warnings: [] })[0]?.says).to.contain(
      "Serin's webhook has not answered",
    );
  });

  it("counts the pods of the largest step against the quotas", () => {
    const quota = (hard: Record<string, string>, used: Record<string, string>): Quota => ({
      metadata: { name: "q" },
      status: { hard, used },
    });
    expect(peakPods(web, plan)).to.equal(3);
    const pods = (hard: string) => aboutRoom(web, 3, [quota({ pods: hard }, { pods: "8" })]).map(told);
    expect(pods("10")).to.deep.equal(["bad: 3 pods more at the peak, and quota q has pods 8 of 10"]);
    expect(pods("11")[0]).to.match(/^good: /);
    expect(aboutRoom(web, 1, [])[0]?.says).to.match(/^1 pod more at the peak; no quota/);
    const large = withContainer({ resources: { requests: { cpu: "500m" }, limits: { memory: "1Gi" } } });
    const room = (hard: Record<string, string>, used: Record<string, string>) =>
      aboutRoom(large, 3, [quota(hard, used)]).map(({ kind }) => kind);
    expect(room({ "requests.cpu": "3" }, { "requests.cpu": "1500m" })).to.deep.equal(["good"]);
    expect(room({ "requests.cpu": "3" }, { "requests.cpu": "1501m" })).to.deep.equal(["bad"]);
    expect(
      room({ "limits.memory": "4Gi", "requests.memory": "0" }, { "limits.memory": "2Gi" }),
    ).to.deep.equal(["bad"]);
  });

  it("compares the preStop hook with the gateway that follows, and with the time that the pod is given", () => {
    const ends = (container: object, pod: object = {}) =>
      told(aboutPodsEnd(withContainer(container, pod), [aRoute()]));
    const slept = (seconds: number) => ({ lifecycle: { preStop: { sleep: { seconds } } } });
    expect(ends({})).to.match(/^warning: no container has a preStop hook.*Traefik may need 2.5s.*seconds 5$/);
    expect(ends(slept(15))).to.equal("good: preStop sleeps 15s; Traefik may need 2.5s to hear of it");
    expect(ends(slept(1))).to.match(/^warning: preStop sleeps only 1s/);
    expect(ends(slept(30))).to.match(/^warning: preStop sleeps 30s, and the pod is killed after 30s/);
    expect(ends(slept(30), { terminationGracePeriodSeconds: 60 })).to.match(/^good/);
    const run = (...command: string[]) => ends({ lifecycle: { preStop: { exec: { command } } } });
    expect(run("/bin/sh", "-c", "sleep 1; true")).to.match(/^warning: preStop sleeps only 1s/);
    expect(run("/bin/drain")).to.match(/^good: a container has a preStop hook/);
  });

  it("looks at the routes, the autoscalers and the hooks", () => {
    const around = { isolated: [aService()], left: [], routes: [aRoute()] };
    expect(aboutRoutes(around).map(told)).to.deep.equal(["good: route shop/web is accepted by Traefik"]);
    expect(aboutRoutes({ ...around, routes: [] }).map(told)[0]).to.match(
      /^warning: no route names Service web/,
    );
    const unseen = { ...aRoute(), status: { parents: [] } };
    expect(aboutRoutes({ ...around, routes: [unseen] }).map(told)[0]).to.match(
      /^warning: no gateway answers/,
    );
    const scaler = (name: string) => ({
      metadata: { name: "h" },
      spec: { scaleTargetRef: { kind: "Deployment", name }, maxReplicas: 9 },
    });
    expect(aboutAutoscalers("web", [scaler("web"), scaler("api")]).map(told)).to.deep.equal([
      "good: scales both versions in flight, up to 9 replicas",
    ]);
    expect(aboutHooks(plan)).to.deep.equal([]);
  });

  it("looks at the series, the scrapes and the buckets that the judge would use", () => {
    expect(aboutMetrics(measured, plan).map(told)).to.deep.equal([
      "good: Traefik: 10 series, scraped every 5s",
    ]);
    expect(aboutMetrics({ ...measured, series: 0 }, plan).map(told)[0]).to.match(/^warning: .*no series/);
    // A busy Prometheus scrapes some milliseconds early or late.
    for (const scrapeMs of [4_997, 5_003])
      expect(
        aboutMetrics({ ...measured, scrapeMs }, aPlan({ "serin.dev/steps": "10:15s" })).map(told),
      ).to.deep.equal(["good: Traefik: 10 series, scraped every 5s"]);
    expect(aboutMetrics({ ...measured, scrapeMs: 60_000 }, plan).map(told)[0]).to.match(
      /^warning: .*raise serin.dev\/interval/,
    );
    const buckets = (checks: string) =>
      aboutBuckets(measured, aPlan({ "serin.dev/checks": checks })).map(told);
    expect(buckets("p99 <= 300ms")).to.deep.equal(["good: judged by the bucket of 0.3s"]);
    expect(buckets("p99 <= 500ms")[0]).to.match(
      /^warning: no bucket ends within 20 % above 0.5s.*bucket of 1.2s/,
    );
    expect(buckets("p99 <= 9s")[0]).to.match(/cannot be judged/);
    expect(told(aboutRate(measured))).to.equal(
      "good: 203 requests/s in the last 30m, 0.10 % failed, dispersion 1.1",
    );
    expect(told(aboutRate({ ...measured, rps: 0 }))).to.match(/^warning: no requests/);
  });

  it("asks about the Deployment of a file, an image, or another template, opted in if it is not", () => {
    const text =
      "kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n---\nkind: Service\nmetadata: {name: web}";
    const source = { name: "web.yaml", text };
    const manifest = deploymentIn([source], undefined);
    expect(patchOfManifest(manifest)).to.deep.include({ spec: { replicas: 2 } });
    expect(() => deploymentIn([source], "api")).to.throw("-f: deployment/api is not in web.yaml");
    expect(() =>
      deploymentIn([source, { name: "b.yaml", text: text.replaceAll("web", "api") }], undefined),
    ).to.throw("-f: name one of the Deployments web, api");
    expect(() => deploymentIn([{ name: "c.yaml", text: "a: [" }], undefined)).to.throw("c.yaml: ");
    expect(() => patchOfImage(withContainer({}), "main=web:2", "")).to.throw("with one of app");
    expect(optedIn({ spec: {} }, aDeployment({ meta: { annotations: {} } }))).to.deep.equal({
      spec: {},
      metadata: { annotations: { "serin.dev/rollout": "canary" } },
    });
    expect(optedIn({ spec: {} }, aDeployment())).to.deep.equal({ spec: {} });
  });
});
