import { expect } from "chai";
import { judgeText } from "../../../cli/judge-text.ts";
import { judge } from "./judge-command.ts";

describe("the judge's replay refuses", () => {
  const bad: [string, string, RegExp][] = [
    ["what is no JSON", "{", /standard input: not valid JSON/],
    ["what is no object", "[1]", /exactly one of harm, safety, guard, latency/],
    [
      "two modes at once",
      '{"harm":{},"safety":{},"ticks":[]}',
      /the request: \["harm","safety","ticks"\] must/,
    ],
    ["no mode", '{"ticks":[]}', /exactly one of harm/],
    ["an unknown key", '{"harm":{},"tick":[],"ticks":[]}', /tick: \[\] is unknown; did you mean ticks\?/],
    ["no ticks", '{"harm":{}}', /ticks: missing must be an array/],
    [
      "options that are none",
      '{"harm":null,"ticks":[]}',
      /harm: null must be an object with any of r0, delta/,
    ],
    ["an unknown option", '{"harm":{"apha":1},"ticks":[]}', /harm\.apha: 1 is unknown; did you mean alpha\?/],
    [
      "an option of another mode",
      '{"guard":{"phi":1},"ticks":[]}',
      /guard\.phi: 1 is unknown; known are limit, alpha/,
    ],
    ["an option of a wrong type", '{"harm":{"r0":"1"},"ticks":[]}', /harm\.r0: "1" must be a number above 0/],
    ["an alpha of 1", '{"harm":{"alpha":1},"ticks":[]}', /harm\.alpha: 1 must be a chance/],
    ["a phi below 1", '{"safety":{"phi":0.5},"ticks":[]}', /safety\.phi: 0\.5 must be a number from 1 up/],
    ["no onset", '{"harm":{"onset":null},"ticks":[]}', /harm\.onset: null must be true or false/],
    [
      "a tick that is no array",
      '{"harm":{},"ticks":[[0,1,0,1],7]}',
      /ticks\[1\]: 7 must be an array of 4 counts/,
    ],
    [
      "a tick too short",
      '{"guard":{},"ticks":[[1]]}',
      /ticks\[0\]: \[1\] must be an array of 2 counts: bad, all/,
    ],
    ["a negative count", '{"harm":{},"ticks":[[0,-2,0,1]]}', /ticks\[0\]\[1\]: -2 must be a count/],
    [
      "a fraction",
      '{"harm":{},"ticks":[[0,1.5,0,1]]}',
      /ticks\[0\]\[1\]: 1\.5 must be a count: a whole number/,
    ],
    ["a text", '{"harm":{},"ticks":[[0,"1",0,1]]}', /ticks\[0\]\[1\]: "1" must be a count/],
    ["too large a count", '{"harm":{},"ticks":[[0,1e300,0,1]]}', /ticks\[0\]\[1\]: 1e\+300 must be a count/],
    ["more bad ones than all", '{"harm":{},"ticks":[[0,1,4,3]]}', /ticks\[0\]\[2\]: 4 must be at most 3/],
    ["latency without bounds", '{"latency":{},"ticks":[]}', /latency\.le: missing must be ascending bounds/],
    ["bounds that fall", '{"latency":{"le":[2,1]},"ticks":[]}', /latency\.le: \[2,1\] must be ascending/],
    ["+Inf alone", '{"latency":{"le":[null]},"ticks":[]}', /latency\.le: \[null\] must be ascending/],
    [
      "a stray boundary",
      '{"latency":{"le":[1,2],"monitored":[1.5]},"ticks":[]}',
      /latency\.monitored: 1\.5 must be a finite one of le/,
    ],
    [
      "counts that fall",
      '{"latency":{"le":[1,2]},"ticks":[{"c":[5,4],"s":[1,2]}]}',
      /ticks\[0\]\.c\[1\]: 4 must be at least 5/,
    ],
    [
      "counts of other bounds",
      '{"latency":{"le":[1,2]},"ticks":[{"c":[5,6],"s":[1]}]}',
      /ticks\[0\]\.s: \[1\] must be an array of 2 counts/,
    ],
    [
      "no histogram",
      '{"latency":{"le":[1]},"ticks":[[1,2]]}',
      /ticks\[0\]: \[1,2\] must be an object with c and s/,
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

describe("npm run judge refuses, with status 2 and nothing on standard output,", () => {
  for (const [what, args, input, message] of [
    ["no FILE", [], "", /missing required argument 'FILE'/],
    ["a FILE that is not there", ["/nowhere.json"], "", /cannot read \/nowhere\.json: ENOENT/],
    ["what is no request", ["-"], "[1]", /exactly one of harm, safety, guard, latency/],
  ] as const) {
    it(what, () => {
      const { status, stdout, stderr } = judge(args, input);
      expect(stderr).to.match(message);
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: "" });
    });
  }
});
