import type { KubeObject } from "../core/meta.ts";
import type { WatchEvent } from "./api.ts";
import { ApiError, BrokenStream, ConnectionError, toApiError } from "./errors.ts";
import { type ApiRequest, connectionError, type Transport } from "./transport.ts";

/** Opens a watch and yields its events until the server or the signal ends it. Throws the error that breaks it. */
export async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  request: ApiRequest,
): AsyncGenerator<WatchEvent<T>> {
  const signal = request.stream?.signal;
  let isOpen = false;
  try {
    const { body } = await transport.send(request);
    isOpen = true;
    for await (const line of linesOf(body)) yield parseEvent<T>(line);
  } catch (error) {
    if (signal?.aborted) return;
    if (error instanceof ApiError) throw error;
    const broken = error instanceof ConnectionError ? error : connectionError(request, error);
    throw isOpen ? new BrokenStream(broken.message, { cause: error }) : broken;
  }
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const event = JSON.parse(line);
  if (event.type !== "ERROR") return event;
  throw toApiError(event.object?.code ?? 500, JSON.stringify(event.object));
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) yield line;
  }
}
