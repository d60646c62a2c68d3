import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import type { WebhookConfiguration } from "../../../certs/configuration.ts";
import { deviationsOf } from "../../../certs/deviations.ts";

const text = readFileSync(new URL("../../../deploy/webhook.yaml", import.meta.url), "utf8");

describe("certs/deviations", () => {
  const shipped = (): WebhookConfiguration => parse(text);

  it("are none in what Serin installs, whatever Serin and an administrator add", () => {
    const { webhooks = [], ...rest } = shipped();
    expect(deviationsOf({ webhooks, ...rest })).to.deep.equal([]);
    const own = { name: "own.example.com", clientConfig: {}, failurePolicy: "Ignore" };
    expect(deviationsOf({ ...rest, webhooks: [own, ...webhooks.toReversed()] })).to.deep.equal([]);
  });

  it("name each webhook that is gone, and each that the API server may do without, or cannot", () => {
    const { webhooks = [], ...rest } = shipped();
    for (const [i, { name, failurePolicy }] of webhooks.entries()) {
      expect(deviationsOf({ ...rest, webhooks: webhooks.toSpliced(i, 1) })).to.deep.equal([
        `${name} is missing`,
      ]);
      const other = failurePolicy === "Fail" ? "Ignore" : "Fail";
      const edited = webhooks.map((one) => (one.name === name ? { ...one, failurePolicy: other } : one));
      expect(deviationsOf({ ...rest, webhooks: edited })).to.deep.equal([
        `${name} has failurePolicy ${other}, not ${failurePolicy}`,
      ]);
    }
  });

  it("are all webhooks of a configuration that has none", () => {
    expect(deviationsOf({ metadata: { name: "serin" } })).to.have.length(shipped().webhooks?.length ?? 0);
  });
});
