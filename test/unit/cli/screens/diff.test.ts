import { expect } from "chai";
import { diffCommand } from "../../../../cli/commands/diff.ts";
import { diffScreen } from "../../../../cli/screens/diff-screen.ts";
import { deployments, services } from "../../../../kube/core/resources.ts";
import { FLIGHT, HELD } from "../../../../rollout/keys.ts";
import { formatRouteRecord } from "../../../../rollout/traffic/route-record.ts";
import { formatServiceRecord } from "../../../../rollout/traffic/service-record.ts";
import { changedObjects } from "../../../../rollout/view/changes.ts";
import { holdFields } from "../../../../rollout/workload/hold.ts";
import { formatHoldRecord } from "../../../../rollout/workload/hold-record.ts";
import { FakeApi } from "../../../support/api.ts";
import { AT_NOON, aDeployment, aHeld, aRoute, aService } from "../../../support/builders.ts";
import { kept, plainTerminal } from "../frame/streams.ts";

const surface = { columns: 80, isUnicode: true, paint: (_how: unknown, text: string) => text };

describe("kubectl serin diff", () => {
  it("shows of the routes in flight those that give this rollout's canary a weight", () => {
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 25, since: AT_NOON };
    const routeOf = (name: string, uid: string) => {
      const record = formatRouteRecord({ rules: {}, shares: { [uid]: share } });
      return aRoute({ kind: "HTTPRoute", meta: { name, annotations: { [HELD]: record } } });
    };
    const routes = [routeOf("web", "uid-web"), routeOf("api", "uid-api")];
    expect(changedObjects(aDeployment({}), [], routes).map(({ name }) => name)).to.deep.equal([
      "httproute/web",
    ]);
  });

  it("shows the fields under the hold and the selectors, each before and now, and nothing of others' objects", () => {
    const deployment = aDeployment({
      annotations: { [HELD]: formatHoldRecord(aHeld()) },
      ...holdFields("25%"),
    });
    const record = formatServiceRecord({ selector: { app: "web" }, since: AT_NOON });
    const isolated = aService({
      selector: { app: "web", "pod-template-hash": "web1" },
      meta: { annotations: { [HELD]: record } },
    });
    const changed = changedObjects(deployment, [isolated, aService({ meta: { name: "other" } })], [aRoute()]);
    expect(diffScreen(surface, changed)).to.deep.equal([
      "--- deployment/web -n shop  as its owner wrote it",
      "+++ deployment/web -n shop  in flight",
      "-progressDeadlineSeconds: 600",
      "+minReadySeconds: 2147483645",
      "+progressDeadlineSeconds: 2147483646",
      "+revisionHistoryLimit: 2147483646",
      " strategy:",
      "   type: RollingUpdate",
      "   rollingUpdate:",
      "-    maxUnavailable: 25%",
      "+    maxUnavailable: 0",
      "     maxSurge: 25%",
      "--- service/web -n shop  as its owner wrote it",
      "+++ service/web -n shop  in flight",
      " selector:",
      "   app: web",
      "+  pod-template-hash: web1",
    ]);
  });

  it("has whole lines in a pipe, where a program reads them", async () => {
    const api = await FakeApi.start();
    const kube = api.connect();
    const selector = { app: "web", "app.kubernetes.io/instance": "a".repeat(100) };
    const record = formatServiceRecord({ selector, since: AT_NOON });
    const labels = { [FLIGHT]: "uid-web" };
    const annotations = { [HELD]: formatHoldRecord(aHeld()) };
    api.add(deployments, aDeployment({ annotations, ...holdFields("25%") }) as never);
    api.add(
      services,
      aService({ selector: { app: "web" }, meta: { labels, annotations: { [HELD]: record } } }),
    );
    const streams = kept();
    const cluster = async () => ({ kube, namespace: "shop" });
    await diffCommand.run({ args: ["web"], flags: {}, terminal: plainTerminal(streams), cluster } as never);
    await kube.close();
    await api.stop();
    expect(streams.written.out).to.include(`-  app.kubernetes.io/instance: ${"a".repeat(100)}\n`);
  });
});
