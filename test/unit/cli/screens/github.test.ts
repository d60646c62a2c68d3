import { expect } from "chai";
import { jobSummary, workflowCommand } from "../../../../cli/screens/github.ts";
import { failed, inProgress } from "../../../../docs/example-rollout.ts";

describe("the end of a wait in GitHub Actions", () => {
  it("is an annotation: an error unless the version serves", () => {
    expect(workflowCommand(failed, { word: "rolled-back", code: 3 })).to.match(
      /^::error title=deployment\/web revision 9%3A rolled-back::rolled back at 10%25 after 23s: errors\./,
    );
    expect(workflowCommand(inProgress, { word: "promoted", code: 0 })).to.match(/^::notice title=/);
    const odd = { ...failed, says: "50%\nnext" };
    expect(workflowCommand(odd, { word: "timeout", code: 2 })).to.match(/::50%25%0Anext$/);
  });

  it("is a table in the summary of the job", () => {
    const summary = jobSummary(failed, { word: "rolled-back", code: 3 });
    expect(summary)
      .to.match(/^### deployment\/web -n shop\n\n\| \| \|\n\|---\|---\|\n\| outcome \| rolled-back \|\n/)
      .and.include("| images | shop/web:2 → shop/web:3 |\n")
      .and.include("| failed of canary | 19 of 400 (4.75 %) |\n");
    expect(jobSummary({ ...failed, says: "a|b\n<script>" }, { word: "x", code: 3 })).to.include(
      "| says | a\\|b &lt;script> |\n",
    );
  });
});
