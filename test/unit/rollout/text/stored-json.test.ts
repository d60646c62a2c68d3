import { expect } from "chai";
import * as v from "valibot";
import { map } from "../../../../rollout/text/stored-json.ts";

describe("a map in a stored record", () => {
  const schema = map(v.string());

  it("keeps keys of any name", () => {
    const text = '{"app":"web","prototype":"no","constructor":"yes","__proto__":"1"}';
    const read = v.parse(schema, JSON.parse(text));
    expect(Object.entries(read)).to.have.deep.members(Object.entries(JSON.parse(text)));
  });

  for (const wrong of ["[]", '["a"]', "null", '"text"', '{"app":1}'])
    it(`is not ${wrong}`, () => {
      expect(v.is(schema, JSON.parse(wrong))).to.equal(false);
    });
});
