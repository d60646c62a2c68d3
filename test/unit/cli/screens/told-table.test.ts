import { expect } from "chai";
import { toldTable } from "../../../../cli/screens/told-table.ts";

const paint = (_how: unknown, text: string) => text;
const says = "errors. canary 19 of 400 requests failed, stable 0 of 3599; kubectl serin undo web goes back";

/** A table of two rows at this width; the first row is urgent. */
function at(columns: number, name = "web", withHead = true): readonly string[] {
  const rows = [
    { cells: [name, "canary", "failed"], says, isUrgent: true },
    { cells: ["api", "canary", "going"], says: "canary has 25%", isUrgent: false },
  ];
  const shown = [{ head: "NAME", most: 9 }, { head: "STRATEGY", goes: 1 }, { head: "STATE" }];
  return toldTable({ columns, isUnicode: true, paint }, { columns: shown, head: "SAYS", rows, withHead });
}

describe("a table with a sentence to each row", () => {
  it("has them in a column where there is room, and whole in a pipe", () => {
    expect(at(Infinity)).to.deep.equal([
      "NAME   STRATEGY   STATE    SAYS",
      `web    canary     failed   ${says}`,
      "api    canary     going    canary has 25%",
    ]);
    expect(at(90)[1]).to.match(/^web {4}canary {5}failed {3}errors\. canary 19 of 400 .*…$/);
  });

  it("has the urgent ones below their rows where there is not, two lines of each", () => {
    expect(at(40)).to.deep.equal([
      "NAME   STRATEGY   STATE",
      "web    canary     failed",
      "  errors. canary 19 of 400 requests",
      "  failed, stable 0 of 3599; kubectl …",
      "api    canary     going",
    ]);
    expect(at(40, "web", false).slice(0, 2)).to.deep.equal(["web   canary   failed", at(40)[2]]);
  });

  it("cuts the middle of long names, and then lets the columns go that matter least", () => {
    expect(at(30, "checkout-eu-api")[1]).to.equal("chec…-api   canary     failed");
    expect(at(28, "checkout-eu-api")[1]).to.equal("chec…-api   failed");
  });
});
