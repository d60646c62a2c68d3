import { expect } from "chai";
import { type Content, digestOf } from "../../../../kube/client/digest.ts";

describe("kube/digest", () => {
  const of = (content: Partial<Content>, keys: readonly string[] | "all" = "all", uid = "u") =>
    digestOf({ metadata: { name: "web", uid }, ...content }, keys);
  const base = of({ data: { a: "1", b: "2" } });

  it("is a short name for the content, whatever its order", () => {
    expect(base).to.match(/^[0-9a-f]{12}$/);
    expect(of({ data: { b: "2", a: "1" } })).to.equal(base);
    expect(of({ data: { a: "1", b: "2" }, binaryData: {} })).to.equal(base);
    expect(of({})).to.equal(of({ data: null }));
  });

  it("is another one for any other content, binary too", () => {
    const others = [
      of({ data: { a: "1", b: "3" } }),
      of({ data: { a: "1" } }),
      of({ data: { a: "1,b:2" } }),
      of({ data: { a: "1", b: "2" }, binaryData: { c: "AA==" } }),
      of({ binaryData: { a: "1", b: "2" } }),
      of({ data: { a: "1", b: "2" } }, "all", "another object"),
    ];
    expect(new Set([base, ...others]).size).to.equal(others.length + 1);
  });

  it("sees only the keys that are named", () => {
    expect(of({ data: { a: "1", b: "2" } }, ["a"])).to.equal(of({ data: { a: "1", b: "3" } }, ["a"]));
    expect(of({ data: { a: "1" } }, ["a"])).to.not.equal(of({ data: { a: "2" } }, ["a"]));
  });
});
