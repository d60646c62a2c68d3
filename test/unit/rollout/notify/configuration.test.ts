import { expect } from "chai";
import fc from "fast-check";
import { parseNotifications } from "../../../../rollout/notify/configuration.ts";
import { listenersTo } from "../../../../rollout/notify/listeners.ts";
import { matchesNamespace } from "../../../../rollout/notify/patterns.ts";
import { cases } from "../../../support/cases.ts";

const data = {
  cluster: "prod-eu",
  links: '- {text: Dashboard, url: "https://serin.example.com/#/{{ namespace }}/{{ name }}"}',
  receivers: `
    team-shop: {type: slack, url: $slack-shop, namespaces: [shop, "shop-*"]}
    oncall:    {type: pagerduty, routingKey: $pagerduty, on: [rolled-back, stuck]}
    audit:     {type: cloudevents, url: "https://audit.example.com/hook", token: $audit, on: ["*"]}`,
  routes: `
    - {namespaces: ["shop*"], receivers: [team-shop]}
    - {always: true, receivers: [audit]}`,
};
const secret = { "slack-shop": "https://hooks.slack.com/services/T/B/x\n", pagerduty: "key", audit: "token" };

describe("rollout/notify/configuration", () => {
  it("takes a proxy for every type, from the Secret too", () => {
    const receivers = JSON.stringify({
      plain: { type: "discord", url: "https://a.example/x", proxy: "http://proxy.example:3128" },
      hidden: { type: "pagerduty", routingKey: "$pagerduty", proxy: "$slack-shop" },
      wrong: { type: "teams", url: "https://a.example/x", proxy: "proxy.example" },
    });
    const read = parseNotifications({ receivers }, secret);
    expect(read.receivers.map(({ settings }) => settings.proxy)).to.deep.equal([
      "http://proxy.example:3128",
      "https://hooks.slack.com/services/T/B/x",
    ]);
    expect(read.complaints).to.have.length(1);
    expect(read.complaints[0]).to.match(/receivers\.wrong\.proxy: .*use an HTTP URL, such as http:\/\/proxy/);
  });

  it("takes the credentials of a proxy from the Secret alone, and those of an address from nowhere", () => {
    const url = "https://a.example/x";
    const receivers = JSON.stringify({
      hidden: { type: "teams", url, proxy: "$proxy" },
      shown: { type: "teams", url, proxy: "http://serin:hunter2@proxy.example:3128" },
      address: { type: "teams", url: "$proxy" },
    });
    const read = parseNotifications({ receivers }, { proxy: "http://serin:hunter2@proxy.example:3128" });
    expect(read.receivers.map(({ settings }) => settings.proxy)).to.deep.equal([
      "http://serin:hunter2@proxy.example:3128",
    ]);
    expect(read.complaints).to.have.length(2);
    expect(read.complaints.join()).to.match(/shown\.proxy: .*credentials only in the Secret/);
    expect(read.complaints.join()).to.match(/address\.url: .*without credentials/);
    expect(read.complaints.join()).to.not.include("hunter2");
  });

  for (const proxy of [
    "socks5://proxy.example",
    "http://:secret@proxy.example",
    "http://a:%zz@proxy.example",
  ])
    it(`takes no proxy ${proxy} from the Secret`, () => {
      const receivers = JSON.stringify({ a: { type: "teams", url: "https://a.example/x", proxy: "$proxy" } });
      const { complaints } = parseNotifications({ receivers }, { proxy });
      expect(complaints.join()).to.include(
        "the key proxy of the Secret is not an HTTP URL: use http://user:",
      );
    });

  it("reads receivers, routes, links and the name of the cluster, with the values of the Secret", () => {
    const { complaints, receivers, routes, links, cluster } = parseNotifications(data, secret);
    expect(complaints).to.deep.equal([]);
    expect(cluster).to.equal("prod-eu");
    expect(links).to.have.length(1);
    expect(receivers[0]).to.deep.equal({
      name: "team-shop",
      type: "slack",
      on: ["waiting", "stuck", "rolled-back", "promoted"],
      namespaces: ["shop", "shop-*"],
      settings: { url: "https://hooks.slack.com/services/T/B/x" },
    });
    expect(receivers[2]?.on).to.have.length(7);
    expect(routes).to.deep.equal([
      { namespaces: ["shop*"], receivers: ["team-shop"], always: false },
      { receivers: ["audit"], always: true },
    ]);
  });

  const wrong: readonly (readonly [string, Record<string, string>, string])[] = [
    ["text that is not YAML", { receivers: "a: [" }, "receivers: invalid YAML: "],
    [
      "a list of receivers",
      { receivers: "[a]" },
      "receivers: not a map of receivers: use name: {type: slack, url: $key}",
    ],
    [
      "a name with capitals",
      { receivers: "Team: {type: slack, url: $k}" },
      'receivers.Team: invalid name "Team": use lower-case letters, digits and -, such as team-shop',
    ],
    [
      "no type",
      { receivers: "a: {url: $k}" },
      "receivers.a.type: missing: use one of slack, slack-bot, teams, ",
    ],
    [
      "a type with a mistake",
      { receivers: "a: {type: slak, url: $k}" },
      'receivers.a.type: unknown type "slak"; did you mean slack?',
    ],
    [
      "no address",
      { receivers: "a: {type: slack}" },
      "receivers.a.url: missing: use an HTTP URL, or $key for a key of the Secret serin-notifications",
    ],
    [
      "an address that is not one",
      { receivers: "a: {type: slack, url: 'ftp://a'}" },
      'receivers.a.url: invalid value "ftp://a": use an HTTP URL',
    ],
    [
      "a token in the open",
      { receivers: "a: {type: grafana, url: 'http://g', token: abc}" },
      "receivers.a.token: not a $key: use $key, a key of the Secret serin-notifications",
    ],
    [
      "a token of a bot in the open",
      { receivers: "a: {type: slack-bot, channel: releases, token: xoxb-1}" },
      "receivers.a.token: not a $key: use $key, a key of the Secret serin-notifications",
    ],
    [
      "a bot without a channel",
      { receivers: "a: {type: slack-bot, token: $k, channel: ''}" },
      'receivers.a.channel: invalid value "": use the name or the ID of a channel, or $key',
    ],
    [
      "a field of another channel",
      { receivers: "a: {type: slack, url: $k, routingKey: $p}" },
      'receivers.a: unknown field "routingKey": use one of type, on, namespaces, text, url',
    ],
    [
      "a moment that the channel does not tell",
      { receivers: "a: {type: pagerduty, routingKey: $p, on: [promoted]}" },
      'receivers.a.on[0]: invalid value "promoted": use "*" or a list of waiting, stuck, rolled-back',
    ],
    [
      "a pattern with a slash",
      { receivers: "a: {type: slack, url: $k, namespaces: [a/b]}" },
      'receivers.a.namespaces[0]: invalid value "a/b": use a list of namespaces, such as [shop, "shop-*"]',
    ],
    [
      "an unknown receiver in a route",
      { receivers: "team: {type: slack, url: $k}", routes: "- {receivers: [teem]}" },
      'routes[0]: unknown receiver "teem"; did you mean team?',
    ],
    ["an unknown key", { receiver: "" }, 'receiver: unknown key "receiver"; did you mean receivers?'],
    [
      "a link with an unknown name",
      { links: '- {text: a, url: "https://a/{{ pod }}"}' },
      'links[0].url: invalid value "https://a/{{ pod }}": use {{ namespace }}, {{ name }}, {{ revision }}, {{ moment }}',
    ],
    [
      "a cluster with blanks",
      { cluster: "a b" },
      'cluster: invalid name "a b": use up to 63 letters, digits, -, _ and .',
    ],
  ];
  for (const [what, given, says] of wrong)
    it(`complains about ${what}, and where`, () => {
      const { complaints } = parseNotifications(given);
      expect(complaints).to.have.length(1);
      expect(complaints[0]).to.match(new RegExp(`^${literal(`ConfigMap serin-notifications: ${says}`)}`));
    });

  it("complains about keys of the Secret without their values, and keeps what is valid", () => {
    const { complaints, receivers } = parseNotifications(data, {
      "slack-shop": "not a URL",
      pagerduty: "two\nlines",
    });
    expect(receivers).to.deep.equal([]);
    expect(complaints).to.deep.equal([
      "ConfigMap serin-notifications: receivers.team-shop.url: the key slack-shop of the Secret is not an HTTP URL: use https://host/path without credentials",
      "ConfigMap serin-notifications: receivers.oncall.routingKey: the key pagerduty of the Secret has characters that no header may have: use printable ASCII",
      "ConfigMap serin-notifications: receivers.audit.token: the Secret serin-notifications has no key audit: add the key or use one of $slack-shop, $pagerduty",
    ]);
    const one = { ...data, receivers: `${data.receivers}\n    bad: {type: x}` };
    expect(parseNotifications(one, secret).receivers.map(({ name }) => name)).to.deep.equal([
      "team-shop",
      "oncall",
      "audit",
    ]);
  });

  it("never throws, whatever the texts are", () => {
    const key = fc.constantFrom("cluster", "links", "receivers", "routes", "x");
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom("a: {type: slack}", "- {receivers: [a]}", "a: 1", "&a [*a]"),
    );
    fc.assert(
      fc.property(fc.dictionary(key, text), (given) => {
        const { complaints, receivers } = parseNotifications(given, {});
        for (const complaint of complaints) expect(complaint).to.match(/^ConfigMap serin-notifications: /);
        for (const { settings } of receivers) expect(Object.values(settings).join()).to.not.include("$");
      }),
      { numRuns: cases(1_000) },
    );
  });
});

describe("rollout/notify/listeners", () => {
  const configuration = parseNotifications(data, secret);
  const named = (
    namespace: string,
    wishes: Parameters<typeof listenersTo>[1]["wishes"],
    moment: never | string,
  ) => listenersTo(configuration, { namespace, wishes }, moment as never).map(({ name }) => name);

  it("are those of the routes, unless the Deployment chooses; an `always` stays", () => {
    expect(named("shop-eu", undefined, "rolled-back")).to.deep.equal(["team-shop", "audit"]);
    expect(named("bank", undefined, "rolled-back")).to.deep.equal(["audit"]);
    expect(named("shop", [{ receiver: "oncall" }], "rolled-back")).to.deep.equal(["oncall", "audit"]);
    expect(named("shop", [], "rolled-back")).to.deep.equal(["audit"]);
  });

  it("hear what their administrator lets them hear, or the moment that the Deployment asks for", () => {
    expect(named("shop", undefined, "started")).to.deep.equal(["audit"]);
    expect(named("shop", [{ receiver: "team-shop", moment: "started" }], "started")).to.deep.equal([
      "team-shop",
      "audit",
    ]);
    expect(named("shop", [{ receiver: "oncall", moment: "waiting" }], "stuck")).to.deep.equal(["audit"]);
    expect(named("shop", [{ receiver: "oncall" }], "waiting")).to.deep.equal(["audit"]);
  });

  it("hear of the end of what they opened, although they do not ask for it", () => {
    expect(named("shop", [{ receiver: "oncall", moment: "rolled-back" }], "promoted")).to.deep.equal([
      "oncall",
      "audit",
    ]);
    expect(named("shop", [{ receiver: "oncall" }], "undone")).to.deep.equal(["oncall", "audit"]);
  });

  it("serve only their namespaces", () => {
    expect(named("bank", [{ receiver: "team-shop" }], "rolled-back")).to.deep.equal(["audit"]);
  });

  const matching: readonly (readonly [string, string, boolean])[] = [
    ["shop", "shop", true],
    ["shop", "shop-eu", false],
    ["shop-*", "shop-eu", true],
    ["shop-*", "shop", false],
    ["*", "any", true],
    ["*-eu", "shop-eu", true],
    ["a*a", "a", false],
    ["a*b*c", "axbyc", true],
    ["a*b*c", "acb", false],
  ];
  for (const [pattern, namespace, is] of matching)
    it(`${pattern} ${is ? "matches" : "does not match"} ${namespace}`, () =>
      expect(matchesNamespace([pattern], namespace)).to.equal(is));
});

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
