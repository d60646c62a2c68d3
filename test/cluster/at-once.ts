import Mocha from "mocha";

const { EVENT_TEST_PASS, EVENT_TEST_PENDING, EVENT_TEST_FAIL } = Mocha.Runner.constants;

/** Whether a pattern selects tests. */
export function hasPattern(args: readonly string[]): boolean {
  return args.some((arg) => /^(-[gf]$|--f?grep)/.test(arg));
}

/** The tests of a suite while a runner of its own runs them. */
interface Run {
  /** Rejects as the test fails, or with the error of the hook that kept it from running. */
  readonly tests: ReadonlyMap<Mocha.Test, Promise<"passed" | "pending">>;
  /** Rejects with the error of a hook. */
  readonly end: Promise<void>;
}

/**
 * Runs suites of one parent at the same time, each in its own order; mocha would run them one after the other. Each test is
 * reported at its place. If a pattern selects tests, mocha runs them, because only it knows the pattern.
 */
export function runAtOnce(suites: readonly Mocha.Suite[], args: readonly string[] = process.argv): void {
  if (hasPattern(args)) return;
  let runs: ReadonlyMap<Mocha.Suite, Run> = new Map();
  for (const suite of suites) {
    const { parent } = suite;
    if (parent === undefined) throw new Error(`${suite.title} has no parent`);
    parent.suites.splice(parent.suites.indexOf(suite), 1);
    const reported = Mocha.Suite.create(parent, suite.title);
    // The tests have their own time limits.
    reported.timeout(0);
    reported.beforeAll("starts all of them", () => {
      if (runs.size === 0) runs = new Map(suites.map((each) => [each, start(each)]));
    });
    suite.eachTest((test) => {
      reported.addTest(
        new Mocha.Test(test.title, async function (this: Mocha.Context) {
          if ((await runs.get(suite)?.tests.get(test)) === "pending") this.skip();
        }),
      );
    });
    reported.afterAll("ends", () => runs.get(suite)?.end);
  }
}

function start(suite: Mocha.Suite): Run {
  const tests = new Map<Mocha.Test, PromiseWithResolvers<"passed" | "pending">>();
  suite.eachTest((test) => tests.set(test, Promise.withResolvers()));
  const end = Promise.withResolvers<void>();
  // Each failure is reported when its test, or the hook at the end, awaits it.
  for (const { promise } of [...tests.values(), end]) promise.catch(() => {});

  const runner = new Mocha.Runner(suite, {});
  let broken: unknown;
  runner.on(EVENT_TEST_PASS, (test) => tests.get(test)?.resolve("passed"));
  runner.on(EVENT_TEST_PENDING, (test) => tests.get(test)?.resolve("pending"));
  runner.on(EVENT_TEST_FAIL, (failed, error) => {
    const test = tests.get(failed);
    if (test === undefined) broken = error;
    else test.reject(error);
  });
  runner.run(() => {
    runner.dispose();
    for (const { reject } of tests.values()) reject(broken ?? new Error("has not run"));
    if (broken === undefined) end.resolve();
    else end.reject(broken);
  });
  return { tests: new Map([...tests].map(([test, { promise }]) => [test, promise])), end: end.promise };
}
