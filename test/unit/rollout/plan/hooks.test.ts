import { expect } from "chai";
import { parseHooks } from "../../../../rollout/plan/hooks.ts";

function problemsOf(text: string): readonly string[] {
  const parsed = parseHooks(text);
  return "problems" in parsed ? parsed.problems : [];
}

/** A list of one hook that is right but for what is given. */
function hook(fields: Record<string, unknown>): string {
  return JSON.stringify([{ name: "smoke", url: "http://tester.test/", ...fields }]);
}

describe("hooks", () => {
  it("are read as Flagger's webhooks are written", () => {
    const parsed = parseHooks(`
- name: "start gate"
  type: confirm-rollout
  url: http://flagger-loadtester.test/gate/approve
- name: "load test"
  type: rollout
  url: http://flagger-loadtester.test/
  timeout: 5s
  muteAlert: true
  metadata:
    type: cmd
    cmd: "hey -z 1m -q 5 -c 2 http://podinfo-canary.test:9898/"
- {name: told, type: event, url: "https://Events.Test:8443/in", retries: 3, disableTLS: true}
`);
    const defaults = { timeoutMs: 10_000, retries: 0, metadata: {}, disableTLS: false };
    expect(parsed).to.deep.equal({
      value: [
        {
          ...defaults,
          name: "start gate",
          type: "confirm-rollout",
          url: "http://flagger-loadtester.test/gate/approve",
        },
        {
          ...defaults,
          name: "load test",
          type: "rollout",
          url: "http://flagger-loadtester.test/",
          timeoutMs: 5_000,
          metadata: { type: "cmd", cmd: "hey -z 1m -q 5 -c 2 http://podinfo-canary.test:9898/" },
        },
        {
          ...defaults,
          name: "told",
          type: "event",
          url: "https://events.test:8443/in",
          retries: 3,
          disableTLS: true,
        },
      ],
    });
  });

  it("are analysis hooks without a type, as in Flagger", () => {
    const parsed = parseHooks(hook({}));
    expect("value" in parsed && parsed.value[0]?.type).to.equal("rollout");
  });

  const first = 'has in hook 1 ("smoke") ';
  const rows: readonly (readonly [what: string, text: string, problem: string])[] = [
    ["no YAML", "[{", "is no YAML: "],
    ["no list", "name: smoke", "is no list of hooks"],
    ["nothing", "", "is no list of hooks"],
    ["too many", JSON.stringify(Array.from({ length: 21 }, () => ({}))), "has 21 hooks, more than 20"],
    ["no map", "[smoke]", 'has as hook 1 "smoke", which has no fields'],
    ["an alias", "[&a {name: a}, *a]", "is no YAML: "],
    ["an unknown field", hook({ timeouts: 1 }), `${first}the unknown field "timeouts", not timeout`],
    [
      "a strange field",
      hook({ headers: {} }),
      `${first}the unknown field "headers", none of type, name, url`,
    ],
    [
      "an unknown type",
      hook({ type: "pre" }),
      `${first}the type "pre", none of confirm-rollout, pre-rollout`,
    ],
    ["no name", hook({ name: undefined }), "has in hook 1 the name missing, no text"],
    ["a long name", hook({ name: "x".repeat(64) }), "has in hook 1"],
    ["no url", hook({ url: undefined }), `${first}the url missing, none such as http://`],
    [
      "another scheme",
      hook({ url: "file:///etc/passwd" }),
      `${first}the url "file:///etc/passwd", none such as`,
    ],
    ["credentials", hook({ url: "http://me:secret@tester.test" }), `${first}a url with credentials`],
    ["no timeout", hook({ timeout: 5 }), `${first}the timeout "5", no duration with a unit such as 30s`],
    ["a long timeout", hook({ timeout: "6m" }), `${first}the timeout "6m", not above 0 and up to 5m`],
    ["an empty timeout", hook({ timeout: "0s" }), `${first}the timeout "0s", not above 0`],
    ["many retries", hook({ retries: 11 }), `${first}the retries "11", no whole number from 0 to 10`],
    ["half a retry", hook({ retries: 0.5 }), `${first}the retries "0.5"`],
    ["a list as metadata", hook({ metadata: ["a"] }), `${first}the metadata "[\\"a\\"]", no map`],
    [
      "a number in the metadata",
      hook({ metadata: { logs: true } }),
      `${first}the metadata "logs" "true", no text`,
    ],
    [
      "a text as a switch",
      hook({ disableTLS: "yes" }),
      `${first}the disableTLS "yes", neither true nor false`,
    ],
    ["another switch", hook({ muteAlert: 1 }), `${first}the muteAlert "1", neither true nor false`],
  ];
  for (const [what, text, problem] of rows) {
    it(`complain about ${what}`, () => {
      expect(problemsOf(text)[0]).to.satisfy(
        (said?: string) => said?.startsWith(problem),
        problemsOf(text)[0],
      );
    });
  }

  it("complain about everything at once, names that are there twice among it", () => {
    const list = [
      { name: "a", url: "http://tester.test", retries: -1, timeout: "1" },
      { name: "a", url: "tester.test" },
    ];
    expect(problemsOf(JSON.stringify(list)))
      .to.have.length(4)
      .and.to.include('has two hooks with the name "a"');
  });

  it("keep metadata whose keys mean something to JavaScript", () => {
    const parsed = parseHooks('[{name: a, url: "http://t.test", metadata: {__proto__: x, constructor: z}}]');
    const metadata = "value" in parsed ? parsed.value[0]?.metadata : undefined;
    expect(JSON.stringify(metadata)).to.equal('{"__proto__":"x","constructor":"z"}');
  });
});
