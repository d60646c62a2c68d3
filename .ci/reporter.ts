import { appendFileSync } from "node:fs";
import Mocha from "mocha";

interface Files {
  counts?: string;
  failures?: string;
}

/**
 * Mocha's `spec` reporter, which also appends to the files that its options name: its counts to `counts`, as a line of JSON,
 * and each failed test with its error to `failures`.
 */
export default class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions & { reporterOptions?: Files }) {
    super(runner, options);
    const files = options.reporterOptions ?? {};
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test: Mocha.Test, error: Error) => {
      if (files.failures !== undefined)
        appendFileSync(files.failures, `${test.fullTitle()}\n${error.stack ?? error.message}\n\n`);
    });
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (files.counts !== undefined)
        appendFileSync(files.counts, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
}
