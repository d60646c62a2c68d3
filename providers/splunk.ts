import { createParser } from "eventsource-parser";
import { newest, type Point, type Provider, ProviderError, since } from "./provider.ts";
import { asking, type RequestContext } from "./request.ts";
import { type Settings, under } from "./settings.ts";

interface Data {
  readonly logicalTimestampMs: number;
  readonly data: readonly { readonly tsId: string; readonly value: unknown }[];
}

/**
 * Splunk Observability Cloud (SignalFlow API, "POST /execute", answered as server-sent events). A query is a
 * SignalFlow program that publishes one stream. Secret: `address` (that of the API or of the stream),
 * `sf_token_key`.
 */
export function splunkProvider(settings: Settings, context: RequestContext): Provider {
  const base = settings.address();
  base.hostname = base.hostname.replace(/^api\./, "stream.");
  const token = settings.required("sf_token_key");
  const ask = asking("Splunk", [token], context);
  const headers = { "x-sf-token": token, "content-type": "text/plain", accept: "text/event-stream" };
  return {
    async read(query, window, signal) {
      const url = under(base, "v2/signalflow/execute", {
        start: String(since(window)),
        stop: String(window.at),
        // The window ends now, so Splunk must not wait for late points.
        immediate: "true",
      });
      const question = { method: "POST", url, headers, body: query } as const;
      return ask(question, (text) => newest(seriesIn(text), window), signal);
    },
  };
}

function seriesIn(text: string): readonly (readonly Point[])[] {
  const series = new Map<string, Point[]>();
  const events = eventsIn(text);
  for (const { name, data } of events) {
    if (name === "error") throw new ProviderError(`fails: ${data.replace(/\s+/g, " ").slice(0, 200)}`);
    if (name !== "data") continue;
    const { logicalTimestampMs: at, data: values }: Data = JSON.parse(data);
    for (const { tsId, value } of values) {
      const points = series.get(tsId);
      if (points === undefined) series.set(tsId, [{ at, value }]);
      else points.push({ at, value });
    }
  }
  if (events.length === 0) throw new TypeError("no events");
  return [...series.values()];
}

/** The named events of an event stream; one that the answer cuts off is left out. */
function eventsIn(text: string): readonly { readonly name: string; readonly data: string }[] {
  const events: { name: string; data: string }[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event !== undefined) events.push({ name: event, data });
    },
  });
  parser.feed(text);
  return events;
}
