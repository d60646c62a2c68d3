import { expect } from "chai";
import { runController } from "../../../controller/controller.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { connect } from "../../../kube/client/connect.ts";
import { fromFile } from "../../../kube/client/kubeconfig.ts";
import type { Notice } from "../../../rollout/notice/notice.ts";
import type { Moment } from "../../../rollout/plan/notify.ts";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { ForwardClock } from "../../support/clock.ts";
import { noLog } from "../../support/log.ts";
import { aTelemetry } from "../../support/telemetry.ts";
import { Shop } from "../shop.ts";
import { NoticeServer } from "./notice-server.ts";

const MINUTE_MS = 60_000;
const plan = { "serin.dev/compare": "off", "serin.dev/checks": "none", "serin.dev/steps": "25, pause, 50" };

// People hear of a wait after ten minutes, so the controller runs here, by a clock that the story puts forward.
describeCluster("people who are told of rollouts that wait", function () {
  this.timeout(180_000);
  let shop: Shop;
  let kube: Kube;
  let running: Promise<void> | undefined;
  const server = new NoticeServer();
  const clock = new ForwardClock();
  const stop = new AbortController();
  const inSerins = (...args: string[]) => shop.run("--namespace=serin-system", ...args);
  const controllers = (replicas: number) =>
    inSerins("scale", "deployment/serin-controller", `--replicas=${replicas}`);

  before(async () => {
    shop = await Shop.open("told");
    await server.start();
    const metadata = { name: "serin-notifications", namespace: "serin-system" };
    const audit = { type: "cloudevents", url: server.url("audit"), on: "*" };
    const page = { type: "pagerduty", url: server.url("page"), routingKey: "$page" };
    const data = {
      receivers: JSON.stringify({ audit, page }),
      routes: JSON.stringify([{ namespaces: [shop.namespace], receivers: ["audit", "page"] }]),
    };
    for (const object of [
      { kind: "ConfigMap", data },
      { kind: "Secret", stringData: { page: "key" } },
    ])
      await shop.apply(JSON.stringify({ apiVersion: "v1", metadata, ...object }), "--namespace=serin-system");
    await shop.deploy({ replicas: 2, interval: "1s", plan });
    // Pods that are never ready shall not end the rollout before people hear of them.
    const patch = JSON.stringify({ spec: { progressDeadlineSeconds: 7_200 } });
    await shop.run("patch", "deployment/web", `--patch=${patch}`);
    await controllers(0);
    await inSerins(
      "wait",
      "pod",
      "--selector=app.kubernetes.io/name=serin-controller",
      "--for=delete",
      "--timeout=60s",
    );
    // The webhook lets no other account change what is Serin's.
    const account = { "impersonate-user": "system:serviceaccount:serin-system:serin-controller" };
    const load = async () => {
      const own = await fromFile(shop.cluster.kubeconfig);
      return { ...own, headers: async () => ({ ...(await own.headers()), ...account }) };
    };
    kube = connect({ fieldManager: "serin", userAgent: "serin-story", load, log: noLog });
    const prometheus = () => ({ over: async () => new Map(), scrapes: async () => undefined }) as never;
    const means = {
      namespace: "serin-system",
      prometheus,
      gates: async () => ({}),
      hookHosts: [],
      log: noLog,
    };
    const options = { ...means, kube, clock, telemetry: aTelemetry(clock), onWork() {} };
    running = runController(options, stop.signal);
  });
  after(async () => {
    stop.abort();
    await running;
    await kube?.close();
    await server.stop();
    if (shop === undefined) return;
    await controllers(2);
    await inSerins("delete", "configmap/serin-notifications", "secret/serin-notifications");
    await inSerins("rollout", "status", "deployment/serin-controller", "--timeout=60s");
    await shop.close();
  });

  const update = (tag: string) => shop.run("set", "image", "deployment/web", `app=app:${tag}`);
  const told = (moment: Moment): readonly Notice[] =>
    server
      .taken("audit")
      .map(({ body }) => body.data as Notice)
      .filter((notice) => notice.moment === moment);
  /** Puts the clock forward until somebody hears of the moment. */
  const forwardTo = (moment: Moment, byMs: number) =>
    eventually(
      moment,
      async () => {
        const [notice] = told(moment);
        if (notice === undefined) clock.forward(byMs);
        return notice;
      },
      60_000,
    );
  const since = (at: number, notice: Notice) => Date.parse(notice.at) - at;

  it("hear after a minute that a person is needed, once for a step, with the command that goes on", async () => {
    const began = clock.now();
    await update("v2");
    await shop.until("the pause", () => /paused by the plan/.test(shop.condition()?.message ?? ""));
    const notice = await forwardTo("waiting", 5_000);
    expect(since(began, notice)).to.be.at.least(MINUTE_MS);
    await forwardWithoutNews();
    expect(told("waiting")).to.have.length(1);
    expect(notice).to.include({ severity: "warning", name: "web", revision: "2", step: 2, weight: 25 });
    expect(notice.says).to.match(/^holding at 25%: paused by the plan/);
    expect(notice.commands).to.deep.equal([`kubectl rollout resume deployment/web -n ${shop.namespace}`]);
    await shop.until("told", () => shop.record("v2")?.told?.["waiting/2"]?.includes("audit"));
    await shop.run("rollout", "resume", "deployment/web");
    await shop.atRest();
  });

  it("hear that a newer version took the place of one in flight", async () => {
    await shop.run("annotate", "--overwrite", "deployment/web", "serin.dev/steps=25:10m");
    await update("v3");
    await shop.weighs(25);
    await update("v4-neverready");
    const notice = await eventually("told", async () => told("superseded")[0], 60_000);
    expect(notice).to.include({ severity: "info", revision: "3" });
    expect(notice.says).to.include("was superseded by a newer template");
  });

  it("hear after ten minutes that a rollout is stuck, once", async () => {
    const began = clock.now();
    await shop.until("the wait", () =>
      /waiting for ready canary pods, \d of \d so far/.test(shop.condition()?.message ?? ""),
    );
    const notice = await forwardTo("stuck", 30_000);
    expect(since(began, notice)).to.be.at.least(9 * MINUTE_MS);
    await forwardWithoutNews();
    expect(told("stuck")).to.have.length(1);
    expect(told("superseded"), "notices of the version before").to.have.length(1);
    expect(notice).to.include({ severity: "warning", revision: "4", step: 1 });
    expect(notice.says).to.match(/^waiting for ready canary pods, \d of \d so far/);
    const record = () => shop.record("v4-neverready")?.told?.["stuck/1/pods"];
    await shop.until("told", () => record()?.length === 2);
    expect(server.taken("page").at(-1)?.body.event_action).to.equal("trigger");
  });

  /** Ten minutes in which nothing new is told. */
  async function forwardWithoutNews() {
    const before = server.at("audit").length;
    for (let minute = 0; minute < 10; minute += 1) {
      clock.forward(MINUTE_MS);
      await shop.run("get", "deployment/web");
    }
    expect(server.at("audit"), "notices of the same wait").to.have.length(before);
  }
});
