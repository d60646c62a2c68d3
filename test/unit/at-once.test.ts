import { expect } from "chai";
import Mocha from "mocha";
import { runAtOnce } from "../cluster/at-once.ts";

const { EVENT_TEST_PASS, EVENT_TEST_PENDING, EVENT_TEST_FAIL } = Mocha.Runner.constants;

/** Suites by title, of tests and hooks by title. */
type Suites = Readonly<Record<string, (suite: Mocha.Suite) => void>>;

describe("suites at once", () => {
  it("run at the same time, each in its own order, and are reported in turn", async () => {
    const begun: string[] = [];
    const met = Promise.withResolvers<void>();
    const meets = (title: string) => async () => {
      begun.push(title);
      if (begun.length === 2) met.resolve();
      await met.promise;
    };
    const report = await reportOf({
      one: (suite) => tests(suite, { first: meets("one"), second: () => void begun.push("one second") }),
      two: (suite) => tests(suite, { first: meets("two"), second: () => void begun.push("two second") }),
    });
    expect(begun.slice(0, 2)).to.deep.equal(["one", "two"]);
    expect(report).to.deep.equal(
      ["one first", "one second", "two first", "two second"].map((title) => `${title}: passed`),
    );
  });

  it("fail, and are pending, at their place", async () => {
    const fails = () => expect(1).to.equal(2);
    const report = await reportOf({
      one: (suite) => tests(suite, { good: () => {}, bad: fails }),
      two: (suite) =>
        tests(suite, {
          skipped(this: Mocha.Context) {
            this.skip();
          },
        }),
    });
    expect(report).to.deep.equal([
      "one good: passed",
      "one bad: expected 1 to equal 2",
      "two skipped: pending",
    ]);
  });

  it("fail with the hook that kept them from running, or that follows them", async () => {
    const breaks = () => {
      throw new Error("broken");
    };
    const report = await reportOf({
      before(suite) {
        suite.beforeAll(breaks);
        tests(suite, { kept: () => {} });
      },
      after(suite) {
        suite.afterAll(breaks);
        tests(suite, { good: () => {} });
      },
    });
    expect(report).to.deep.equal([
      "before kept: broken",
      'before "after all" hook: ends for "kept": broken',
      "after good: passed",
      'after "after all" hook: ends for "good": broken',
    ]);
  });

  it("stay with mocha if a pattern selects tests", async () => {
    const order: string[] = [];
    const note = (title: string) => ({
      first: () => void order.push(title),
      second: () => void order.push(title),
    });
    const suites = {
      one: (suite: Mocha.Suite) => tests(suite, note("one")),
      two: (suite: Mocha.Suite) => tests(suite, note("two")),
    };
    await reportOf(suites, ["--grep", "second"]);
    expect(order).to.deep.equal(["one", "one", "two", "two"]);
  });
});

function tests(suite: Mocha.Suite, all: Readonly<Record<string, Mocha.AsyncFunc | Mocha.Func>>): void {
  for (const [title, test] of Object.entries(all))
    suite.addTest(new Mocha.Test(title, test as Mocha.AsyncFunc));
}

/** Runs such suites at once, and lists what mocha reports. */
async function reportOf(suites: Suites, args: readonly string[] = []): Promise<string[]> {
  const root = new Mocha().suite;
  const made = Object.entries(suites).map(([title, fill]) => {
    const suite = Mocha.Suite.create(root, title);
    fill(suite);
    return suite;
  });
  runAtOnce(made, args);
  const report: string[] = [];
  const runner = new Mocha.Runner(root, {});
  runner.on(EVENT_TEST_PASS, (test) => report.push(`${test.fullTitle()}: passed`));
  runner.on(EVENT_TEST_PENDING, (test) => report.push(`${test.fullTitle()}: pending`));
  runner.on(EVENT_TEST_FAIL, (test, error) => report.push(`${test.fullTitle()}: ${error.message}`));
  await new Promise((resolve) => runner.run(resolve));
  runner.dispose();
  return report;
}
