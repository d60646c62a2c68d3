import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import { eventually } from "../../cluster/wait.ts";
import { serin } from "../plugin.ts";
import { Shop } from "../shop.ts";
import { NoticeServer } from "./notice-server.ts";

const plan = { "serin.dev/compare": "off", "serin.dev/checks": "none", "serin.dev/steps": "50" };

// Notices do not depend on the gateway, so one gateway is enough.
describeCluster("people and programs that are told of rollouts", function () {
  this.timeout(180_000);
  let shop: Shop;
  const server = new NoticeServer();
  /** A second one, which is dead at first. */
  const dead = new NoticeServer();
  const inSerins = (...args: string[]) => shop.run("--namespace=serin-system", ...args);

  before(async () => {
    shop = await Shop.open("notified");
    await server.start();
    await dead.start();
    const receivers = {
      chat: { type: "slack", url: "$chat" },
      bot: { type: "slack-bot", url: server.url("bot"), token: "$audit", channel: "releases" },
      team: { type: "teams", url: server.url("team"), namespaces: [shop.namespace] },
      page: { type: "pagerduty", url: server.url("page"), routingKey: "$page" },
      audit: { type: "cloudevents", url: server.url("audit"), token: "$audit", on: ["*"] },
      marks: { type: "grafana", url: server.url("marks"), token: "$audit" },
      alerts: { type: "alertmanager", url: server.url("alerts") },
      refusing: { type: "flagger", url: server.url("refusing"), on: ["promoted"] },
      silent: { type: "discord", url: dead.url("silent"), on: ["rolled-back"] },
      bank: { type: "slack", url: "$chat", namespaces: ["bank"] },
      faulty: { type: "slack", url: "$missing" },
      absent: { type: "alertmanager", url: "http://gone.monitoring:9093" },
    };
    const names = Object.keys(receivers).filter((name) => !["bank", "faulty", "absent"].includes(name));
    const data = {
      cluster: "test",
      receivers: JSON.stringify(receivers),
      routes: JSON.stringify([{ namespaces: [shop.namespace], receivers: names }]),
    };
    const metadata = { name: "serin-notifications", namespace: "serin-system" };
    const secret = { chat: server.url("chat"), page: "key", audit: "token" };
    await shop.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: [
          { apiVersion: "v1", kind: "ConfigMap", metadata, data },
          { apiVersion: "v1", kind: "Secret", metadata, stringData: secret },
        ],
      }),
      "--namespace=serin-system",
    );
    await shop.deploy({ replicas: 2, interval: "1s", plan });
    // A leader sees the configuration within a minute, and a new one at once.
    const first = await leader();
    await inSerins("delete", "pod", first);
    await eventually("another leader", async () => (await leader()) !== first || undefined, 60_000);
  });
  after(async () => {
    await server.stop();
    await dead.stop();
    if (shop === undefined) return;
    const objects = ["configmap/serin-notifications", "secret/serin-notifications"];
    await inSerins("delete", ...objects, "--ignore-not-found");
    await shop.close();
  });

  const leader = () =>
    inSerins("get", "lease/serin", "-o=jsonpath={.spec.holderIdentity}").then((name) => name.trim());
  const until = (what: string, holds: () => boolean) =>
    eventually(what, async () => holds() || undefined, 60_000);
  const moments = (receiver: string) =>
    server.taken(receiver).map(({ body }) => body.type ?? body.event_action ?? body.tags?.[3] ?? body.text);

  it("a receiver that does not exist or serves another namespace is refused, with those that would do", async () => {
    const annotate = (value: string) =>
      shop.kubectl("annotate", "--overwrite", "deployment/web", `serin.dev/notify=${value}`);
    for (const [value, says] of [
      ["bank", /unknown receiver bank: use one of chat, bot, team, page, audit/],
      ["adit", /unknown receiver adit; did you mean audit\?/],
      ["page=promoted", /pagerduty receivers do not tell promoted: use one of waiting, stuck, rolled-back/],
    ] as const) {
      const { code, stderr } = await annotate(value);
      expect(code).to.equal(1);
      expect(stderr).to.match(says);
    }
  });

  it("an administrator sees the receivers and what is wrong with them, and can try one", async () => {
    const list = await serin(shop, "notify", "list");
    expect(list.stdout)
      .to.match(/^NAME +TYPE .*\nchat +slack /)
      .and.to.match(/audit +cloudevents /);
    expect(list.stdout).to.not.include("/chat");
    const offered = await serin(shop, "__complete", "notify", "test", "a");
    expect(offered.stdout).to.match(/^audit\tcloudevents\nalerts\talertmanager\nabsent\talertmanager\n:4\n/);
    const test = await serin(shop, "notify", "test", "audit");
    expect(test.code, test.stderr).to.equal(0);
    expect(test.stdout).to.match(/audit \(cloudevents\) took the test notice/);
    expect(server.taken("audit")[0]?.body.data.says).to.match(/^This is a test/);
    expect((await serin(shop, "notify", "test", "faulty")).stderr).to.include("has no key missing");
    expect((await serin(shop, "doctor")).stdout).to.match(
      /^! notices: .*faulty\.url: .* has no key missing/m,
    );
  });

  it("preflight tells which receivers would not hear of the rollout, and why", async () => {
    const named = "serin.dev/notify=audit, silent, faulty, absent";
    await shop.run("annotate", "deployment/web", named);
    await dead.stop();
    const { code, stdout, stderr } = await serin(shop, "preflight", "web");
    await dead.start();
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.match(/^✔ notices: audit \(cloudevents\)$/m)
      .and.match(
        /^! notices: receiver silent \(discord\): \S+ does not answer from here: connect ECONNREFUSED/m,
      )
      .and.include("! notices: receivers.faulty.url: the Secret serin-notifications has no key missing")
      .and.match(
        /^! notices: receiver absent \(alertmanager\): the Service monitoring\/gone does not exist, and gone\./m,
      );
    await shop.run("annotate", "deployment/web", "serin.dev/notify-");
    await shop.run("create", "rolebinding", "edit", "--clusterrole=edit", "--user=editor");
    const limited = await serin(shop, "preflight", "web", "--as=editor");
    expect(limited.stdout, limited.stderr).to.match(/^! notices: not checked: configmaps .* is forbidden/m);
  });

  it("each receiver hears of a promotion once, also one that is busy at first; one that refuses delays nothing", async () => {
    server.answer("chat", { status: 429, headers: { "retry-after": "1" } }, { status: 200 });
    const ratelimited = { status: 200, body: '{"ok":false,"error":"ratelimited"}' };
    server.answer("bot", ratelimited, { status: 200, body: '{"ok":true}' });
    server.answer("page", { status: 500 }, { status: 202 });
    server.answer("team", { status: 202, afterMs: 2_000 });
    server.answer("refusing", { status: 400 });
    const before = server.at("audit").length;
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.atRest();
    const told = shop.record("v2")?.told?.promoted ?? [];
    expect(told).to.have.members(["chat", "bot", "team", "page", "audit", "marks", "alerts", "refusing"]);
    expect(moments("audit").slice(before)).to.deep.equal([
      "dev.serin.rollout.started.v1",
      "dev.serin.rollout.promoted.v1",
    ]);
    expect(moments("chat")).to.deep.equal([`*test: ${shop.namespace}/web: revision 2 was promoted*`]);
    expect(server.at("chat").map(({ status }) => status)).to.deep.equal([429, 200]);
    expect(server.at("bot")).to.have.length(2);
    expect(server.at("bot")[1]?.body).to.include({ channel: "releases", text: moments("chat")[0] });
    expect(moments("page")).to.deep.equal(["resolve"]);
    expect(server.at("page").map(({ status }) => status)).to.deep.equal([500, 202]);
    expect(moments("marks")).to.deep.equal(["promoted"]);
    expect(server.taken("alerts")).to.have.length(1);
    expect(server.taken("team")).to.have.length(1);
    expect(server.at("refusing")).to.have.length(1);
    const [event] = server.taken("audit").slice(before);
    expect(event?.headers).to.include({
      authorization: "Bearer token",
      "content-type": "application/cloudevents+json",
    });
    expect(event?.body.data).to.include({ cluster: "test", namespace: shop.namespace, name: "web" });
    const events = await shop.run(
      "get",
      "events",
      "--field-selector=reason=NotifyFailed",
      "-o=jsonpath={.items[*].message}",
    );
    expect(events).to.equal(`receiver refusing did not take the notice "promoted"; Serin's log says why`);
  });

  it("a rollback is told once, and by the next leader to a receiver that was dead", async () => {
    await dead.stop();
    const before = ["audit", "chat", "page"].map((name) => server.at(name).length);
    await shop.run("annotate", "--overwrite", "deployment/web", "serin.dev/interval=10m");
    await shop.run("set", "image", "deployment/web", "app=app:v3");
    await shop.weighs(50);
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    const told = () => shop.record("v3")?.told?.["rolled-back"] ?? [];
    await until("told", () => ["audit", "chat", "page"].every((name) => told().includes(name)));
    expect(moments("page").at(-1)).to.equal("trigger");
    expect(moments("audit").at(-1)).to.equal("dev.serin.rollout.rolled-back.v1");
    expect(server.taken("audit").at(-1)?.body.data.says).to.equal(shop.record("v3")?.message);
    const sent = ["audit", "chat", "page"].map((name) => server.at(name).length);
    expect(sent.map((count, i) => count - (before[i] ?? 0))).to.deep.equal([2, 1, 1]);

    shop.cluster.kubelet.kill("serin-system", await leader(), "controller", "SIGKILL");
    await dead.start();
    await until("told by the next leader", () => told().includes("silent"));
    expect(dead.taken("silent")).to.have.length(1);
    expect(dead.taken("silent")[0]?.body.embeds[0].title).to.match(/web: revision 3 was rolled back$/);
    expect(["audit", "chat", "page"].map((name) => server.at(name).length)).to.deep.equal(sent);
  });

  it("nobody hears of what its Deployment silences, nor of what belongs to another namespace", async () => {
    const sent = server.at("audit").length;
    await shop.run("annotate", "deployment/web", "serin.dev/notify=chat=promoted");
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.atRest();
    expect(server.at("audit")).to.have.length(sent);
  });
});
