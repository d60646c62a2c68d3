import { expect } from "chai";
import { commandsFor } from "../../../dashboard/commands.ts";
import { inProgress, lost, waiting } from "../../../docs/example-rollout.ts";

const verbsFor = (view: Parameters<typeof commandsFor>[0]) =>
  commandsFor(view).map((command) => command.split(" ")[2]);

describe("the commands that the dashboard shows", () => {
  it("are those that the API server would take now, the likeliest first", () => {
    expect(verbsFor(inProgress)).to.deep.equal(["advance", "promote", "abort"]);
    expect(verbsFor({ ...inProgress, step: 3 })).to.deep.equal(["promote", "abort"]);
    expect(verbsFor(waiting)).to.deep.equal(["resume", "abort"]);
    expect(verbsFor(lost)).to.deep.equal(["promote"]);
  });
});
