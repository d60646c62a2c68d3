import { expect } from "chai";
import { ProviderError } from "../../../providers/provider.ts";
import { settingsOf } from "../../../providers/settings.ts";
import { splunkProvider } from "../../../providers/splunk.ts";
import { at, behavesAsProvider, window } from "./behaviour.ts";

const event = (name: string, data: object) =>
  `event: ${name}\n${JSON.stringify(data, null, 2)
    .split("\n")
    .map((line) => `data: ${line}`)
    .join("\n")}\n\n`;
const data = (ms: number, values: Readonly<Record<string, unknown>>) =>
  event("data", {
    data: Object.entries(values).map(([tsId, value]) => ({ tsId, value })),
    logicalTimestampMs: ms,
  });
const stream = (...events: readonly string[]) =>
  [
    event("control-message", { event: "STREAM_START", timestampMs: at }),
    event("metadata", { properties: { sf_metric: "_SF_COMP_01" }, tsId: "AAAAAA" }),
    ...events,
    event("control-message", { event: "END_OF_CHANNEL", timestampMs: at }),
  ].join("");

behavesAsProvider(
  "Splunk",
  {
    make: splunkProvider,
    secret: { sf_token_key: "sf-t0ken" },
    query: "data('errors').sum().publish()",
    hidden: ["sf-t0ken"],
    answers: {
      value: stream(data(at - 120_000, { a: 1 }), data(at - 60_000, { a: 42 }), data(at, { a: null })),
      several: stream(data(at, { a: 1, b: 2 })),
      nothing: stream(),
      gaps: stream(data(at, { a: null })),
      notANumber: stream(data(at, { a: "NaN" })),
      stale: stream(data(at - 240_000, { a: 42 })),
    },
    refusal: JSON.stringify({ code: 400, message: "no such thing" }),
  },
  (bench) => {
    it("posts the program for ten intervals with its token", async () => {
      bench.answerWith(stream());
      await bench.read();
      const { method, path, query, headers, body } = bench.server.last();
      expect(`${method} ${path}`).to.equal("POST /v2/signalflow/execute");
      expect(Object.fromEntries(query)).to.deep.equal({
        start: String(at - 600_000),
        stop: String(at),
        immediate: "true",
      });
      expect(headers).to.include({ "x-sf-token": "sf-t0ken", "content-type": "text/plain" });
      expect(body).to.equal("data('errors').sum().publish()");
    });

    it("reports an error that comes in the stream", async () => {
      bench.answerWith(stream(event("error", { error: 400, message: "Unknown function" })));
      const error = await bench.read().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      expect(String(error)).to.contain("Unknown function");
    });
  },
);

describe("the address of Splunk", () => {
  it("may be the API's, as Flagger has it", async () => {
    const settings = settingsOf("splunk", { address: "http://api.localhost:9", sf_token_key: "sf-t0ken" });
    const provider = splunkProvider(settings, { clock: { now: () => at } });
    const error = await provider.read("data('a').publish()", window).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain("Splunk at stream.localhost:9 cannot be reached");
  });
});
