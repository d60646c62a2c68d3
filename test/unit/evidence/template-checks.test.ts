import { expect } from "chai";
import { templateChecksFrom } from "../../../evidence/template-checks.ts";
import { ProviderError, type Reading } from "../../../providers/provider.ts";
import type { Findings } from "../../../rollout/judge/evidence.ts";
import { isBroken } from "../../../rollout/judge/template-check.ts";
import { parseTemplate, type Template } from "../../../rollout/plan/metric-template.ts";
import type { Parsed } from "../../../rollout/text/parse.ts";
import { aWatch } from "./metrics.ts";

const FROM = Date.UTC(2026, 0, 1, 12);
const queue = { metric: "template", name: "queue", op: "<=", limit: 5, text: "queue <= 5" } as const;

function aTemplate(data: Record<string, string> = {}): Template {
  const given = {
    query: "depth{q='{{ target }}', dir='{{ variables.dir }}'}[{{ interval }}]",
    interval: "1m",
    ...data,
  };
  const parsed = parseTemplate(given, () => ({}));
  if ("template" in parsed) return parsed.template;
  throw new Error(JSON.stringify(parsed.complaints));
}

const value = (number: number, at = FROM): Reading => ({ kind: "value", value: number, at });

/** Gates on what a provider answers, and how often it was asked. */
function aStory({
  template = { value: aTemplate() },
  answer = async () => value(4),
}: {
  template?: Parsed<Template, string>;
  answer?: () => Promise<Reading>;
} = {}) {
  const asked: { query: string; at: number }[] = [];
  const read = templateChecksFrom({
    templates: async () => template,
    providers: async () => ({
      read: async (query, { at }) => {
        asked.push({ query, at });
        return answer();
      },
    }),
  });
  const watch = aWatch("web", FROM, { templates: [queue], variables: { dir: "in" } });
  let gates: Findings["gates"] = {};
  /** The gate after looks at these seconds of the step. */
  const look = async (...seconds: number[]) => {
    for (const second of seconds) gates = await read(watch, gates, FROM + 1_000 * second);
    return gates["queue <= 5"];
  };
  return { look, asked, watch, read };
}

describe("gates", () => {
  it("are asked for once a whole interval lies in the step, then four times an interval", async () => {
    const { look, asked } = aStory();
    expect(await look(5, 30, 59)).to.equal(undefined);
    expect(await look(60)).to.deep.include({ holds: true, intervalMs: 60_000, at: FROM + 60_000 });
    await look(61, 65, 70, 74, 75, 80, 89, 90);
    expect(asked.map(({ at }) => (at - FROM) / 1_000)).to.deep.equal([60, 75, 90]);
    expect(asked[0]?.query).to.equal("depth{q='web', dir='in'}[1m]");
  });

  it("are broken when every reading of a whole interval was, and not before", async () => {
    const { look } = aStory({ answer: async () => value(9) });
    const early = await look(60, 75, 90, 105);
    expect(early && isBroken(early, early.intervalMs)).to.equal(false);
    const late = await look(120);
    expect(late && isBroken(late, late.intervalMs)).to.equal(true);
  });

  it("begin again after a reading that holds", async () => {
    const answers = [9, 9, 9, 4, 9, 9].map((number) => value(number));
    const { look } = aStory({ answer: async () => answers.shift() ?? value(9) });
    const found = await look(60, 75, 90, 105, 120, 135, 150);
    expect(found && isBroken(found, found.intervalMs)).to.equal(false);
    expect(found?.broken?.since).to.equal(FROM + 120_000);
  });

  const none: Record<string, Parameters<typeof aStory>[0]> = {
    "there is no metric template queue": { template: { problems: ["there is no metric template queue"] } },
    "the query yields 2 series instead of one": {
      answer: async () => ({ kind: "several", reason: "the query yields 2 series instead of one" }),
    },
    "the query yields no value": {
      answer: async () => ({ kind: "missing", reason: "the query yields no value" }),
    },
    "the provider splunk lacks its Secret": {
      answer: async () => {
        throw new ProviderError("the provider splunk lacks its Secret");
      },
    },
  };
  for (const [reason, story] of Object.entries(none)) {
    it(`neither hold nor break, and say so: ${reason}`, async () => {
      const { look } = aStory(story);
      const found = await look(60, 75, 90, 105, 120, 135);
      expect(found).to.deep.include({ holds: false, reading: { kind: "none", reason } });
      expect(found && isBroken(found, found.intervalMs)).to.equal(false);
    });
  }

  it("say which gap of the query cannot be filled", async () => {
    const { look } = aStory({ template: { value: aTemplate({ query: "x{r='{{ route }}'}" }) } });
    expect((await look(60))?.reading).to.deep.equal({
      kind: "none",
      reason: "query: no value for {{ route }}: this rollout has no route",
    });
  });

  it("of a missing template are asked for again after a quarter of a minute", async () => {
    let times = 0;
    const read = templateChecksFrom({
      templates: async () => {
        times += 1;
        return { problems: ["there is none"] };
      },
      providers: async () => Promise.reject(new Error("not asked")),
    });
    let gates: Findings["gates"] = {};
    const watch = aWatch("web", FROM, { templates: [queue] });
    for (const second of [0, 5, 10, 14, 15, 20, 30]) gates = await read(watch, gates, FROM + 1_000 * second);
    expect(times).to.equal(3);
  });

  it("pass on errors of the API server, and every error that is not a ProviderError", async () => {
    const { look } = aStory({
      answer: async () => {
        throw new TypeError("a mistake in the code");
      },
    });
    const error = await look(60).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TypeError);
  });

  it("of checks that are gone are forgotten", async () => {
    const { read, watch } = aStory();
    const gates = await read(watch, {}, FROM + 60_000);
    expect(await read({ ...watch, templates: [] }, gates, FROM + 61_000)).to.deep.equal({});
  });
});
