import { expect } from "chai";
import { formatJson } from "../../../../kube/client/json.ts";

describe("kube/json", () => {
  it("writes what the API server's own text is, for a test in a JSON patch", () => {
    const value = { checks: "success-rate >= 99% & p99 < 1s", held: '{"a":"<ü\u2028>"}' };
    const text = formatJson(value);
    // What Go's encoding/json makes of the same.
    expect(text).to.equal(
      String.raw`{"checks":"success-rate \u003e= 99% \u0026 p99 \u003c 1s","held":"{\"a\":\"\u003cü\u2028\u003e\"}"}`,
    );
    expect(JSON.parse(text)).to.deep.equal(value);
  });
});
