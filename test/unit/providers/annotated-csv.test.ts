import { expect } from "chai";
import { tablesIn } from "../../../providers/annotated-csv.ts";

describe("annotated CSV", () => {
  it("has quoted cells with commas, quotes and line breaks in them", () => {
    const text = ',result,table,_value\r\n,"a,""b""\nc",0,1\r\n';
    expect(tablesIn(text)).to.deep.equal([[{ "": "", result: 'a,"b"\nc', table: "0", _value: "1" }]]);
  });

  it("separates tables by their header and their column table", () => {
    const text = "table,_value\n0,1\n0,2\n1,3\n\n#group,false\ntable,_value\n0,4\n";
    const values = tablesIn(text).map((rows) => rows.map(({ _value }) => _value));
    expect(values).to.deep.equal([["1", "2"], ["3"], ["4"]]);
  });

  it("may end without a line break", () => {
    expect(tablesIn("table,_value\n0,1")).to.deep.equal([[{ table: "0", _value: "1" }]]);
  });

  // As long as the largest answer; a quadratic reader takes half an hour for it.
  for (const quotes of [20_001, 1_048_575]) {
    it(`is read in linear time, also where ${quotes} quotes begin a cell`, () => {
      expect(() => tablesIn(`${'"'.repeat(quotes)}x`)).to.throw(Error, /quote/i);
    });
  }
});
