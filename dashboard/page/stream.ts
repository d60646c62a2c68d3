import { createParser } from "eventsource-parser";
import type { RolloutChanges } from "../api.ts";

/** Whether what the page shows is live. */
export type StreamState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `since`: when the stream broke, in ms since the epoch. */
  | { readonly kind: "reconnecting"; readonly since: number; readonly why: string };

export interface StreamReader {
  readonly changes: (changes: RolloutChanges) => void;
  readonly connection: (connection: StreamState) => void;
}

/** The server writes a comment every 15 s: a stream that is silent for longer has no server any more. */
const SILENCE_MS = 40_000;
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;

/**
 * Reads the stream until the signal ends it, and begins again whenever it breaks. This is fetch and not EventSource,
 * because EventSource hides the comments, and so it stays "open" for minutes after a laptop slept or a proxy died.
 */
export async function followStream(url: string, reader: StreamReader, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let since: number | undefined;
  while (!signal.aborted) {
    const why = await readOnce(url, signal, (changes) => {
      failures = 0;
      since = undefined;
      reader.connection({ kind: "live" });
      reader.changes(changes);
    });
    if (signal.aborted) return;
    since ??= Date.now();
    reader.connection({ kind: "reconnecting", since, why });
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal);
    failures += 1;
  }
}

/** Reads one stream to its end, and says why it ended. */
async function readOnce(
  url: string,
  signal: AbortSignal,
  onChanges: (changes: RolloutChanges) => void,
): Promise<string> {
  const silence = new AbortController();
  let timer = 0;
  const listen = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => silence.abort(), SILENCE_MS);
  };
  listen();
  try {
    const answer = await fetch(url, {
      cache: "no-store",
      headers: { accept: "text/event-stream" },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!answer.ok || answer.body === null) return `the server answers ${answer.status}`;
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === "rollouts") onChanges(JSON.parse(data) as RolloutChanges);
      },
    });
    const texts = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await texts.read(); !part.done; part = await texts.read()) {
      listen();
      parser.feed(part.value);
    }
    return "the server ended the stream";
  } catch (error) {
    if (silence.signal.aborted) return `the server was silent for ${SILENCE_MS / 1000} s`;
    return `the server cannot be reached: ${error instanceof Error ? error.message : error}`;
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
