import { expect } from "chai";
import { describeCluster } from "../cluster/fixture.ts";
import { eventually } from "../cluster/wait.ts";
import { grants } from "./granted.ts";
import { allowHooks, HookServer } from "./hook-server.ts";
import { expectNoFailures } from "./share.ts";
import { Shop } from "./shop.ts";

const types = [
  "confirm-rollout",
  "pre-rollout",
  "rollout",
  "confirm-traffic-increase",
  "confirm-promotion",
  "post-rollout",
  "rollback",
  "event",
];
const gates = types.filter((type) => type.startsWith("confirm-"));

// Hooks do not depend on the gateway, so one gateway is enough.
describeCluster("a release with hooks", function () {
  this.timeout(240_000);
  let shop: Shop;
  let server: HookServer;
  before(async () => {
    shop = await Shop.open("hooks");
    await allowHooks(shop.cluster);
    server = await HookServer.start();
    for (const gate of [...gates, "rollback"]) server.answer(gate, 403, "shut");
    const hooks = types.map(
      (type) => `- {name: ${type}, type: ${type}, url: "${server.url}/${type}", metadata: {team: shop}}`,
    );
    const quick = { "serin.dev/compare": "off", "serin.dev/checks": "none", "serin.dev/steps": "20, 50" };
    await shop.deploy({ interval: "4s", plan: { ...quick, "serin.dev/hooks": hooks.join("\n") } });
  });
  after(async () => {
    await shop?.close();
    await server?.stop();
  });

  const waitingFor = (gate: string) =>
    shop.until(`waiting for ${gate}`, () =>
      shop.condition()?.message?.startsWith(`waiting for hook ${gate} (${gate}): it answered 403: shut`),
    );

  it("is refused if it names a host that the administrator does not allow", async () => {
    const hooks = '[{name: leak, type: event, url: "http://169.254.169.254/"}]';
    const { code, stderr } = await shop.kubectl(
      "annotate",
      "--overwrite",
      "deployment/web",
      `serin.dev/hooks=${hooks}`,
    );
    expect(code).to.not.equal(0);
    expect(stderr).to.match(
      /serin\.dev\/hooks: hook "leak": host 169\.254\.169\.254 is not allowed: .* \(--hook-host\): 10\.245\.0\.1/,
    );
  });

  it("waits at its gates, even after the controller is replaced, and calls each hook in its turn", async () => {
    const started = Date.now();
    const load = shop.load(100);
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await waitingFor("confirm-rollout");
    await killLeader(shop);
    const killed = Date.now();
    await server.until(
      "asked by the next leader",
      () => server.of("confirm-rollout", killed + 1_000).length > 0,
    );
    expect(await shop.names("services"), "no canary Service").to.deep.equal(["web"]);
    expect(shop.weight()).to.equal(undefined);
    expect(server.of("pre-rollout")).to.deep.equal([]);

    server.answer("confirm-rollout", 200);
    await waitingFor("confirm-traffic-increase");
    expect(shop.weight()).to.equal(20);
    server.answer("confirm-traffic-increase", 202);
    await waitingFor("confirm-promotion");
    expect(shop.weight()).to.equal(50);
    server.answer("confirm-promotion", 201);
    await shop.atRest();

    const hash = shop.pods("v2")[0]?.metadata.labels?.["pod-template-hash"];
    const { namespace } = shop;
    const body = (phase: string) => ({
      name: "web",
      namespace,
      phase,
      checksum: hash,
      metadata: { team: "shop" },
    });
    expect(server.of("pre-rollout").map((call) => call.body)).to.deep.equal([body("Progressing")]);
    expect(server.of("post-rollout").map((call) => call.body)).to.deep.equal([body("Succeeded")]);
    expect(server.of("confirm-rollout")[0]?.body).to.deep.equal(body("Waiting"));
    expect(server.of("rollback").length, "polls").to.be.greaterThan(3);
    const weighted = grants(shop, started).find(({ weight }) => weight > 0);
    expect(server.of("pre-rollout")[0]?.at).to.be.lessThan(weighted?.at ?? 0);
    expect(server.of("rollout")[0]?.at).to.be.greaterThan(weighted?.at ?? Number.POSITIVE_INFINITY);
    await toldEvents(started);
    expect(shop.condition()).to.include({ status: "True", reason: "Promoted" });
    await expectNoFailures(load);
  });

  it("is rolled back when the rollback hook answers yes, or the rollout hook refuses", async () => {
    const started = Date.now();
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(20);
    server.answer("confirm-traffic-increase", 403, "shut");
    server.answer("rollback", 200);
    await shop.until("failed", () => shop.record("v3")?.outcome === "failed");
    expect(shop.record("v3")?.message).to.match(
      /^rolled back at 20%.*: hook rollback \(rollback\) asked for it/,
    );
    await server.until("reported", () => server.of("post-rollout", started).length > 0);
    expect(server.of("post-rollout", started)[0]?.body.phase).to.equal("Failed");

    server.answer("rollback", 404);
    server.answer("rollout", 500, "p99 is 3 s\n");
    await shop.run("annotate", "deployment/web", `serin.dev/retry=${shop.revision()}`);
    await shop.until("retried", () => shop.record("v3")?.outcome === "running");
    await shop.until("failed again", () => shop.record("v3")?.outcome === "failed");
    expect(shop.record("v3")?.message).to.match(/hook rollout \(rollout\): it answered 500: p99 is 3 s/);
    await server.until("reported again", () => server.of("post-rollout", started).length > 1);
    await shop.until("the failure at rest", () => shop.held()?.phase === "failed");
    await toldEvents(started, 2);
    expect(server.of("post-rollout", started)).to.have.length(2);
  });

  /**
   * Expects a call for every Event since, with the fields that Flagger's consumers read, until so many runs end. A brief step
   * has a call and no Event.
   */
  async function toldEvents(since: number, runs = 1): Promise<void> {
    const reported = () => server.of("event", since).map(({ body }) => body.metadata);
    const isEnd = ({ eventMessage = "" }) => / serves: |^rolled back/.test(eventMessage);
    await server.until("the last event", () => reported().filter(isEnd).length >= runs);
    const path = "-o=jsonpath={range .items[*]}{.lastTimestamp}{.eventTime} {.message}{'\\n'}{end}";
    const select = "--field-selector=involvedObject.kind=Deployment,source=serin";
    await eventually("an Event for each call", async () => {
      const recorded = await shop.run("get", "events", select, path);
      const isBrief = (message: string) => /^(step \d|proven at)/.test(message);
      const called = reported().map(({ eventMessage = "" }) => eventMessage);
      return called.every((message) => isBrief(message) || recorded.includes(message)) || undefined;
    });
    for (const { eventType, timestamp, team } of reported()) {
      expect(eventType).to.be.oneOf(["Normal", "Warning"]);
      expect(Number(timestamp)).to.be.within(since, Date.now());
      expect(team).to.equal("shop");
    }
    const words = reported().map(({ eventMessage }) => eventMessage ?? "");
    const first = words.findIndex((message) => message.startsWith("canary web-"));
    const last = reported().findLastIndex(isEnd);
    expect(first, words.join("\n")).to.equal(0);
    expect(last, words.join("\n")).to.equal(words.length - 1);
  }
});

/** SIGKILL for the controller that holds the Lease. */
async function killLeader(shop: Shop): Promise<void> {
  const lease = ["get", "lease/serin", "-n", "serin-system", "-o=jsonpath={.spec.holderIdentity}"];
  const { stdout } = await shop.cluster.kubectl(lease);
  shop.cluster.kubelet.kill("serin-system", stdout.trim(), "controller", "SIGKILL");
}
