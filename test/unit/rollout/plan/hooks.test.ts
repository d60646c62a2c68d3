import { expect } from "chai";
import { parseHooks } from "../../../../rollout/plan/hooks.ts";
import { formatProblem } from "../../../../rollout/text/parse.ts";

function problemsOf(text: string): readonly string[] {
  const parsed = parseHooks(text);
  return "problems" in parsed ? parsed.problems.map((one) => formatProblem(one, "hooks")) : [];
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

  const smoke = (field: string) => `hooks[0].${field} (smoke): `;
  const rows: readonly (readonly [what: string, text: string, problem: string])[] = [
    ["no YAML", "[{", "hooks: invalid YAML: "],
    ["no list", "name: smoke", "hooks: not a list of hooks"],
    ["nothing", "", "hooks: not a list of hooks"],
    ["too many", JSON.stringify(Array.from({ length: 21 }, () => ({}))), "hooks: 21 hooks: use at most 20"],
    ["no map", "[smoke]", 'hooks[0]: invalid value "smoke": use a map with type, name'],
    ["an alias", "[&a {name: a}, *a]", "hooks: invalid YAML: "],
    [
      "an unknown field",
      hook({ retry: 3 }),
      'hooks[0] (smoke): unknown field "retry"; did you mean "retries"?',
    ],
    [
      "a strange field",
      hook({ headers: {} }),
      'hooks[0] (smoke): unknown field "headers": use one of type, name, url',
    ],
    [
      "an unknown type",
      hook({ type: "pre" }),
      `${smoke("type")}invalid value "pre": use one of confirm-rollout, pre-rollout`,
    ],
    ["no name", hook({ name: undefined }), "hooks[0].name: missing: use a text"],
    ["a blank name", hook({ name: " " }), 'hooks[0].name ( ): invalid value " ": use a text'],
    [
      "a name with control characters",
      hook({ name: "a\u001bb" }),
      "hooks[0].name (a\\u001bb): invalid value",
    ],
    ["a long name", hook({ name: "x".repeat(64) }), "hooks[0].name"],
    ["no url", hook({ url: undefined }), `${smoke("url")}missing: use an HTTP URL`],
    [
      "another scheme",
      hook({ url: "file:///etc/passwd" }),
      `${smoke("url")}invalid value "file:///etc/passwd": use an HTTP URL, such as`,
    ],
    [
      "credentials, without showing them",
      hook({ url: "http://me:secret@tester.test" }),
      `${smoke("url")}invalid value "http://…@tester.test": use a URL without credentials`,
    ],
    ["no timeout", hook({ timeout: 5 }), `${smoke("timeout")}invalid value "5": use a duration`],
    ["a long timeout", hook({ timeout: "6m" }), `${smoke("timeout")}invalid value "6m": use a duration`],
    ["an empty timeout", hook({ timeout: "0s" }), `${smoke("timeout")}invalid value "0s": use a duration`],
    [
      "many retries",
      hook({ retries: 11 }),
      `${smoke("retries")}invalid value "11": use a whole number from 0 to 10`,
    ],
    ["half a retry", hook({ retries: 0.5 }), `${smoke("retries")}invalid value "0.5"`],
    ["a list as metadata", hook({ metadata: ["a"] }), `${smoke("metadata")}invalid value "[\\"a\\"]"`],
    [
      "a number in the metadata",
      hook({ metadata: { logs: true } }),
      `${smoke("metadata.logs")}invalid value "true": use a text in quotes`,
    ],
    [
      "a text as a switch",
      hook({ disableTLS: "yes" }),
      `${smoke("disableTLS")}invalid value "yes": use true or false`,
    ],
    ["another switch", hook({ muteAlert: 1 }), `${smoke("muteAlert")}invalid value "1": use true or false`],
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
      .and.to.include('hooks: two hooks have the name "a": name each once');
  });

  it("keep metadata whose keys mean something to JavaScript", () => {
    const parsed = parseHooks('[{name: a, url: "http://t.test", metadata: {__proto__: x, constructor: z}}]');
    const metadata = "value" in parsed ? parsed.value[0]?.metadata : undefined;
    expect(JSON.stringify(metadata)).to.equal('{"__proto__":"x","constructor":"z"}');
  });
});
