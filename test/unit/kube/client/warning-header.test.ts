import { expect } from "chai";
import { headerWarnings } from "../../../../kube/client/warning-header.ts";

/** A header as HTTP clients give it: each byte is one character. */
const received = (text: string) => Buffer.from(text).toString("latin1");

describe("kube/client/warning-header", () => {
  it("reads several sentences of one header, and those of several", () => {
    expect(headerWarnings('299 - "one", 299 - "two"')).to.deep.equal(["one", "two"]);
    expect(headerWarnings(['299 - "one"', '299 serin "two"'])).to.deep.equal(["one", "two"]);
    expect(headerWarnings(undefined)).to.deep.equal([]);
  });

  it("reads quotes, backslashes and letters of every script", () => {
    expect(headerWarnings(received('299 - "say \\"20→50 %\\" in C:\\\\é"'))).to.deep.equal([
      'say "20→50 %" in C:\\é',
    ]);
  });
});
