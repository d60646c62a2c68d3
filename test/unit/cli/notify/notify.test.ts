import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { lint } from "../../../../cli/lint/lint.ts";
import { receiversTable } from "../../../../cli/notify/receivers-table.ts";
import { tryReceiver } from "../../../../cli/notify/try-receiver.ts";
import { systemClock } from "../../../../kube/core/clock.ts";
import { parseNotifications } from "../../../../rollout/notify/configuration.ts";
import type { Receiver } from "../../../../rollout/notify/receivers.ts";

const data = {
  receivers: `
    team: {type: slack, url: $slack, namespaces: [shop]}
    audit: {type: cloudevents, url: "https://audit.example.com/secret", on: "*"}`,
  routes: "- {always: true, receivers: [audit]}",
};

describe("kubectl serin notify", () => {
  it("lists receivers, and of an address only the host", () => {
    expect(receiversTable(parseNotifications(data))).to.deep.equal(
      [
        "NAME    TYPE          ON                                                             NAMESPACES   ROUTES         ADDRESS",
        "team    slack         waiting,stuck,rolled-back,promoted                             shop         by name only   $slack",
        "audit   cloudevents   started,waiting,stuck,rolled-back,promoted,undone,superseded   *            * (always)     audit.example.com",
      ].map((line) => line),
    );
  });

  it("sends a test notice, and closes at once what it opened", async () => {
    const bodies: { event_action?: string }[] = [];
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      bodies.push(JSON.parse(text));
      response.writeHead(202).end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const configuration = parseNotifications(
      { receivers: `page: {type: pagerduty, routingKey: $k, url: "${url}"}` },
      { k: "key" },
    );
    const [receiver] = configuration.receivers;
    expect(await tryReceiver(receiver as Receiver, configuration, systemClock)).to.deep.equal({
      kind: "taken",
    });
    expect(bodies.map((body) => body.event_action)).to.deep.equal(["trigger", "resolve"]);
    server.close();
  });
});

describe("kubectl serin lint", () => {
  const configMap = (given: Record<string, string>) =>
    JSON.stringify({ kind: "ConfigMap", metadata: { name: "serin-notifications" }, data: given });
  const secret = JSON.stringify({
    kind: "Secret",
    metadata: { name: "serin-notifications" },
    stringData: { other: "x" },
  });

  it("checks receivers, and their keys if the Secret is among the files", () => {
    expect(lint([{ name: "a.yaml", text: configMap(data) }])).to.deep.equal([
      {
        kind: "good",
        where: "a.yaml: configmap/serin-notifications",
        says: "receivers team (slack), audit (cloudevents)",
      },
    ]);
    const both = [configMap(data), secret].map((text, i) => ({ name: `${i}.yaml`, text }));
    expect(lint(both).map(({ kind, says }) => [kind, says])).to.deep.equal([
      [
        "bad",
        "receivers.team.url: the Secret serin-notifications has no key slack: add the key or use one of $other",
      ],
    ]);
    const wrong = configMap({ receivers: "a: {type: slak}" });
    expect(lint([{ name: "a.yaml", text: wrong }])[0]?.says).to.equal(
      'receivers.a.type: unknown type "slak"; did you mean slack?',
    );
  });
});
