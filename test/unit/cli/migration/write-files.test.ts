import { expect } from "chai";
import { parse } from "yaml";
import { yamlOf } from "../../../../cli/migration/write-files.ts";

describe("the manifests that convert writes", () => {
  it("keep texts that YAML 1.1 or YAML 1.2 would read as another value", () => {
    for (const text of ["off", "y", "017", "0o17", "1_000", "12:30", "0x1f", "1e3", "~"]) {
      const written = yamlOf([{ metadata: { name: "web", annotations: { a: text } } }]);
      for (const version of ["1.1", "1.2"] as const)
        expect(parse(written, { version }), `${text} by YAML ${version}`).to.have.nested.property(
          "metadata.annotations.a",
          text,
        );
    }
  });
});
