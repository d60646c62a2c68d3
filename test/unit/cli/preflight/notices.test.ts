import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect } from "chai";
import { aboutNotices } from "../../../../cli/preflight/notices.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { configMaps, namespaces, secrets, services } from "../../../../kube/core/resources.ts";
import { parseNotify, type Wish } from "../../../../rollout/plan/notify.ts";
import { FakeApi } from "../../../support/api.ts";

const NOW = "2026-01-01T12:00:00Z";
const place = { namespace: "serin-system", name: "serin-notifications" };

describe("the receivers that preflight looks at", () => {
  let api: FakeApi;
  let kube: Kube;
  const open = createServer((socket) => socket.destroy());
  let url: string;
  beforeEach(async () => {
    api = await FakeApi.start();
    kube = api.connect();
    open.listen(0, "127.0.0.1");
    await new Promise((resolve) => open.once("listening", resolve));
    url = `http://127.0.0.1:${(open.address() as AddressInfo).port}/hook`;
  });
  afterEach(async () => {
    await kube.close();
    await api.stop();
    await new Promise((resolve) => open.close(resolve));
  });

  function configure(receivers: object, routes: readonly object[], secret?: Record<string, string>) {
    const data = { receivers: JSON.stringify(receivers), routes: JSON.stringify(routes) };
    api.add(configMaps, { metadata: place, data } as never);
    if (secret === undefined) return;
    const encoded = Object.entries(secret).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    api.add(secrets, { metadata: place, data: Object.fromEntries(encoded) } as never);
  }
  const wish = (text: string) => (parseNotify(text) as { value: readonly Wish[] }).value;
  const told = async (wishes?: readonly Wish[]) =>
    (await aboutNotices({ kube, namespace: "shop" }, wishes, NOW)).map(
      ({ kind, says }) => `${kind}: ${says}`,
    );

  it("are those of the routes, or those that the Deployment names", async () => {
    expect(await told()).to.deep.equal(["good: no receiver hears of this Deployment"]);
    const receivers = { team: { type: "slack", url: "$chat" }, audit: { type: "cloudevents", url } };
    configure(receivers, [{ receivers: ["team"] }], { chat: url });
    expect(await told()).to.deep.equal(["good: team (slack)"]);
    expect(await told(wish("audit=rolled-back, team"))).to.deep.equal([
      "good: team (slack), audit (cloudevents)",
    ]);
    expect(await told(wish("none"))).to.deep.equal(["good: no receiver hears of this Deployment"]);
  });

  it("are missed, of others, or without their keys in the Secret, each with what would be right", async () => {
    const receivers = {
      team: { type: "slack", url: "$chat" },
      bank: { type: "slack", url, namespaces: ["bank"] },
      faulty: { type: "slack" },
      good: { type: "slack", url },
    };
    configure(receivers, [{ receivers: Object.keys(receivers) }, { receivers: ["none-such"] }], {
      page: "k",
    });
    expect(await told()).to.deep.equal([
      "good: good (slack)",
      "warning: receiver bank does not serve the namespace shop",
      "warning: receiver faulty does not exist or is not valid: kubectl serin notify list",
      "warning: receiver none-such does not exist or is not valid: kubectl serin notify list",
      "warning: receivers.team.url: the Secret serin-notifications has no key chat: add the key or use one of $page",
    ]);
  });

  it("may have a host that does not answer, or a Service without its port", async () => {
    const dead = new URL(url);
    await new Promise((resolve) => open.close(resolve));
    api.add(services, {
      metadata: { namespace: "monitoring", name: "alertmanager" },
      spec: { clusterIP: "10.0.0.9", ports: [{ port: 9093 }] },
    } as never);
    const receivers = {
      dead: { type: "slack", url: dead.href },
      right: { type: "alertmanager", url: "http://alertmanager.monitoring:9093" },
      port: { type: "alertmanager", url: "http://alertmanager.monitoring.svc:9094" },
    };
    configure(receivers, [{ receivers: Object.keys(receivers) }]);
    const [right, unanswered, port] = await told();
    expect(right).to.equal("good: right (alertmanager)");
    expect(unanswered).to.match(
      /^warning: receiver dead \(slack\): 127\.0\.0\.1:\d+ does not answer from here: connect ECONNREFUSED/,
    );
    expect(port).to.equal(
      "warning: receiver port (alertmanager): the Service monitoring/alertmanager has no port 9094: use 9093",
    );
    open.listen(0, "127.0.0.1");
  });

  it("may have a public host of two labels, which is a Service only in a namespace that the reader can see", async () => {
    configure({ chat: { type: "slack", url: "http://chat.invalid:9" } }, [{ receivers: ["chat"] }]);
    const isPublic = /^warning: receiver chat \(slack\): chat\.invalid:9 does not answer from here: /;
    expect((await told())[0], "no such namespace").to.match(isPublic);
    const forbid = (part: string) =>
      api.faults.push(({ path }) =>
        path.includes(part) ? { status: 403, message: `${part} is forbidden` } : undefined,
      );
    api.add(namespaces, { metadata: { name: "invalid" } } as never);
    expect((await told())[0]).to.include("the Service invalid/chat does not exist, and chat.invalid:9");
    forbid("/invalid/services/");
    expect((await told())[0]).to.match(/not checked: .*forbidden/);
    forbid("/namespaces/invalid");
    expect((await told())[0], "no right to read either").to.match(isPublic);
  });

  it("are not checked as far as the reader may not read the Secret", async () => {
    configure({ team: { type: "slack", url: "$chat" } }, [{ receivers: ["team", "tem"] }], { chat: url });
    api.faults.push(({ path }) =>
      path.endsWith("/secrets/serin-notifications")
        ? { status: 403, message: "secrets is forbidden" }
        : undefined,
    );
    const [unknown, unchecked] = await told();
    expect(unknown).to.match(/^warning: receiver tem does not exist/);
    expect(unchecked).to.match(/^warning: not checked: .*forbidden/);
  });
});
