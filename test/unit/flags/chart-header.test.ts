import { expect } from "chai";
import schema from "../../../deploy/chart/values.schema.json" with { type: "json" };
import { header } from "../../../flags/flag.ts";

const { userHeader, groupsHeader } = schema.properties.dashboard.properties;

describe("the headers of the dashboard in the chart's schema", () => {
  for (const name of ["X-User", "x_user", "X.User", "!#$%&'*+.^`|~-", "X User", "X-User: a", "X-Usér"])
    it(`is as the program says about ${name}`, () => {
      const isTaken = header({ about: "" }).read(name, undefined) !== undefined;
      for (const { pattern } of [userHeader, groupsHeader])
        expect(new RegExp(pattern).test(name)).to.equal(isTaken);
    });
});
