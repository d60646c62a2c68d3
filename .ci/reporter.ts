import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/** Mocha's `spec` reporter, which also appends its counts as a line of JSON to the file of the reporter option `counts`. */
export default class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions & { reporterOptions?: { counts?: string } }) {
    super(runner, options);
    const path = options.reporterOptions?.counts;
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (path !== undefined) appendFileSync(path, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
}
