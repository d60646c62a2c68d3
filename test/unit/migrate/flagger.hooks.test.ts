import { expect } from "chai";
import { annotationsOf, canary, converted, saidOf } from "./canaries.ts";

const analysis = (more: object) => canary({ analysis: { stepWeight: 10, ...more } });

describe("convert: the webhooks of a Canary", () => {
  it("carries webhooks as hooks, without the Service that ends", () => {
    const found = converted([
      analysis({
        webhooks: [
          {
            name: "load",
            url: "http://tester.test/",
            timeout: "10m",
            metadata: { cmd: "hey http://web-primary.shop/ http://web-canary.shop/", rate: 3 },
          },
        ],
      }),
    ]);
    expect(annotationsOf(found)["serin.dev/hooks"]).to.equal(
      '- name: load\n  url: http://tester.test/\n  timeout: 5m\n  metadata:\n    cmd: hey http://web.shop/ http://web-canary.shop/\n    rate: "3"\n',
    );
    expect(saidOf(found, "admin").join("\n")).to.contain("--hook-host=tester.test");
    expect(saidOf(found, "differs").join("\n")).to.contain("requests to web-canary do not pass the gateway");
    const gate = { name: "gate", url: "http://web-primary.shop/gate", timeout: "1.5s" };
    const changed = converted([analysis({ webhooks: [gate] })]);
    expect(saidOf(changed, "admin").join("\n")).to.contain("--hook-host=web.shop ");
    expect(saidOf(changed, "differs").join("\n")).to.contain(
      '"1.5s" is not a duration that Serin reads, such as 1m30s: the timeout is 10s, the usual one',
    );
  });
});
