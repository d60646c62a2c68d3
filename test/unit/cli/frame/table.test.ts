import { expect } from "chai";
import { cutMiddle } from "../../../../cli/frame/table.ts";

describe("a name whose middle is cut", () => {
  it("keeps both ends", () => {
    expect(cutMiddle("web-7b9f8c64d5-2xk9q", 11)).to.equal("web-7…2xk9q");
    expect(cutMiddle("web", 3)).to.equal("web");
  });

  it("keeps an end without gaps, where a wide character does not fit", () => {
    expect(cutMiddle("abcdef界x", 4)).to.equal("ab…x");
    expect(cutMiddle("abcdeg界xy", 7)).to.equal("abc…xy");
    expect(cutMiddle("界abcdefg", 3)).to.equal("…g");
  });
});
