import { expect } from "chai";
import { judgeText } from "../../../cli/judge-text.ts";
import { judge } from "./judge-command.ts";

describe("the judge's replay refuses", () => {
  const bad: [string, string, RegExp | string][] = [
    ["what is no JSON", "{", /standard input: not valid JSON/],
    ["what is no object", "[1]", /exactly one of harm, safety, guard, latency/],
    [
      "two modes at once",
      '{"harm":{},"safety":{},"ticks":[]}',
      "the request: found harm, safety, ticks: use an object with exactly one of harm, safety, guard, latency, and with ticks",
    ],
    [
      "no mode",
      '{"ticks":[]}',
      "the request: found ticks: use an object with exactly one of harm, safety, guard, latency, and with ticks",
    ],
    [
      "an unknown key",
      '{"harm":{},"tick":[],"ticks":[]}',
      'the request: unknown field "tick"; did you mean "ticks"?',
    ],
    ["no ticks", '{"harm":{}}', "ticks: missing: use an array"],
    [
      "options that are none",
      '{"harm":null,"ticks":[]}',
      'harm: invalid value "null": use a map with r0, delta, alpha, phi, cap, onset',
    ],
    [
      "an unknown option",
      '{"harm":{"apha":1},"ticks":[]}',
      'harm: unknown field "apha"; did you mean "alpha"?',
    ],
    [
      "an option of another mode",
      '{"guard":{"phi":1},"ticks":[]}',
      'guard: unknown field "phi": use one of limit, alpha',
    ],
    [
      "an option of a wrong type",
      '{"harm":{"r0":"1"},"ticks":[]}',
      'harm.r0: invalid value "1": use a number above 0, at most 1000000',
    ],
    [
      "an alpha of 1",
      '{"harm":{"alpha":1},"ticks":[]}',
      'harm.alpha: invalid value "1": use a chance between 0 and 1',
    ],
    [
      "a phi below 1",
      '{"safety":{"phi":0.5},"ticks":[]}',
      'safety.phi: invalid value "0.5": use a number from 1 up',
    ],
    ["no onset", '{"harm":{"onset":null},"ticks":[]}', 'harm.onset: invalid value "null": use true or false'],
    [
      "a tick that is no array",
      '{"harm":{},"ticks":[[0,1,0,1],7]}',
      'ticks[1]: invalid value "7": use an array of 4 counts: bad of the canary, all of the canary, bad of the stable version, all of the stable version',
    ],
    [
      "a tick too short",
      '{"guard":{},"ticks":[[1]]}',
      'ticks[0]: invalid value "[1]": use an array of 2 counts: bad, all',
    ],
    [
      "a negative count",
      '{"harm":{},"ticks":[[0,-2,0,1]]}',
      'ticks[0][1]: invalid value "-2": use a count: a whole number from 0 up',
    ],
    [
      "a fraction",
      '{"harm":{},"ticks":[[0,1.5,0,1]]}',
      'ticks[0][1]: invalid value "1.5": use a count: a whole number from 0 up',
    ],
    [
      "a text",
      '{"harm":{},"ticks":[[0,"1",0,1]]}',
      'ticks[0][1]: invalid value "1": use a count: a whole number from 0 up',
    ],
    [
      "too large a count",
      '{"harm":{},"ticks":[[0,1e300,0,1]]}',
      'ticks[0][1]: invalid value "1e+300": use a count: a whole number from 0 up',
    ],
    [
      "more bad ones than all",
      '{"harm":{},"ticks":[[0,1,4,3]]}',
      'ticks[0][2]: invalid value "4": use at most 3, all requests',
    ],
    [
      "latency without bounds",
      '{"latency":{},"ticks":[]}',
      'latency.le: missing: use ascending bounds in seconds, the last of which may be null or "+Inf"',
    ],
    [
      "bounds that fall",
      '{"latency":{"le":[2,1]},"ticks":[]}',
      'latency.le: invalid value "[2,1]": use ascending bounds in seconds, the last of which may be null or "+Inf"',
    ],
    [
      "+Inf alone",
      '{"latency":{"le":[null]},"ticks":[]}',
      'latency.le: invalid value "[null]": use ascending bounds in seconds, the last of which may be null or "+Inf"',
    ],
    [
      "a stray boundary",
      '{"latency":{"le":[1,2],"monitored":[1.5]},"ticks":[]}',
      'latency.monitored: invalid value "1.5": use finite bounds of le',
    ],
    [
      "counts that fall",
      '{"latency":{"le":[1,2]},"ticks":[{"c":[5,4],"s":[1,2]}]}',
      'ticks[0].c[1]: invalid value "4": use at least 5: counts are cumulative over le',
    ],
    [
      "counts of other bounds",
      '{"latency":{"le":[1,2]},"ticks":[{"c":[5,6],"s":[1]}]}',
      'ticks[0].s: invalid value "[1]": use an array of 2 counts, one for each of le',
    ],
    [
      "no histogram",
      '{"latency":{"le":[1]},"ticks":[[1,2]]}',
      'ticks[0]: invalid value "[1,2]": use a map with c, s',
    ],
  ];
  for (const [what, input, message] of bad) {
    it(what, () => {
      expect(() => judgeText("standard input", input)).to.throw(Error, message);
    });
  }

  it("everything that is wrong at once, up to twenty", () => {
    const linesOf = (request: object) => {
      try {
        return judgeText("standard input", JSON.stringify(request)).split("\n");
      } catch (error) {
        return (error as Error).message.split("\n");
      }
    };
    expect(linesOf({ harm: { r0: 0, x: 1 }, ticks: [[5, 4, 3, 2], "x"] })).to.have.length(6);
    const many = linesOf({ harm: {}, ticks: Array.from({ length: 50 }, () => 0) });
    expect(many).to.have.length(22);
    expect(many.at(-1)).to.match(/… and 30 more/);
  });
});

describe("npm run judge refuses, with status 1 and nothing on standard output,", () => {
  for (const [what, args, input, message] of [
    ["no FILE", [], "", /missing required argument 'NAME\|FILE'/],
    ["a FILE that is not there", ["/nowhere.json"], "", /cannot read \/nowhere\.json: ENOENT/],
    ["what is no request", ["-"], "[1]", /exactly one of harm, safety, guard, latency/],
  ] as const) {
    it(what, () => {
      const { status, stdout, stderr } = judge(args, input);
      expect(stderr).to.match(message);
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: "" });
    });
  }
});
