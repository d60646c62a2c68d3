import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { ANSWER_MS, type GatewayClient, type Reply } from "./client.ts";

/** A message of gRPC without content: it is not compressed, and its length is 0. */
const EMPTY = Buffer.alloc(5);
const PATH = "/serin.check.Echo/Say";
/** gRPC's code for an answer that is not one. */
const UNKNOWN = 2;

/** A client of unary gRPC calls on one connection, as gRPC clients use it. It needs nothing but HTTP/2. */
export function grpcClient(url: string, host: string): GatewayClient {
  let session: ClientHttp2Session | undefined;
  const current = () => {
    // The gateway may end a connection, as at a restart; the next call opens another one.
    if (session === undefined || session.closed || session.destroyed) {
      session = connect(url);
      // Its calls get the same error.
      session.on("error", () => {});
    }
    return session;
  };
  return {
    ask: () => call(current(), host),
    async close() {
      session?.destroy();
    },
  };
}

function call(session: ClientHttp2Session, host: string): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const stream = session.request({
    ":method": "POST",
    ":path": PATH,
    ":authority": host,
    "content-type": "application/grpc",
    te: "trailers",
  });
  let told: IncomingHttpHeaders = {};
  // A call that fails before its first message has its status among the headers.
  const note = (headers: IncomingHttpHeaders) => {
    told = { ...told, ...headers };
  };
  stream.on("response", note).on("trailers", note).on("error", reject);
  stream.setTimeout(ANSWER_MS, () => stream.destroy(new Error("the gateway does not answer")));
  stream.on("close", () => {
    const status = Number(told["grpc-status"] ?? UNKNOWN);
    resolve({ status, version: String(told["x-version"] ?? ""), cookies: [], text: "" });
  });
  stream.resume().end(EMPTY);
  return promise;
}
