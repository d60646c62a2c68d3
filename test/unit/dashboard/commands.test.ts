import { expect } from "chai";
import { commandsFor } from "../../../dashboard/commands.ts";
import { failed, failedAndLost, inProgress, lost, waiting } from "../../../docs/example-rollout.ts";

const verbsFor = (view: Parameters<typeof commandsFor>[0]) =>
  commandsFor(view).map((command) => command.split(" ")[2]);

describe("the commands that the dashboard shows", () => {
  it("are those that the API server would take now, the likeliest first", () => {
    expect(verbsFor(inProgress)).to.deep.equal(["advance", "promote", "abort"]);
    expect(verbsFor({ ...inProgress, step: 3 })).to.deep.equal(["promote", "abort"]);
    expect(verbsFor(waiting)).to.deep.equal(["resume", "abort"]);
    expect(verbsFor(failed)).to.deep.equal(["undo", "retry"]);
  });

  it("go to no stable version that is lost", () => {
    expect(verbsFor(lost)).to.deep.equal(["promote"]);
    expect(verbsFor(failedAndLost)).to.deep.equal(["promote"]);
    expect(verbsFor({ ...lost, paused: true })).to.deep.equal(["resume"]);
  });
});
