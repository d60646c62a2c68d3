/**
 * The pods of the check on a cluster of one's own: they answer with their version, also gRPC calls, and `/received` with their
 * requests so far. The pods have no packages, only Node itself.
 */
import { createServer } from "node:http";
import { createServer as createCallServer } from "node:http2";

const { VERSION = "", PORT = "8080", GRPC_PORT = "9090" } = process.env;
let received = 0;
createServer(({ url }, response) => {
  if (url === "/received") return response.end(String(received));
  received += 1;
  return response.setHeader("x-version", VERSION).end();
}).listen(Number(PORT));

/** A message of gRPC without content: it is not compressed, and its length is 0. */
const EMPTY = Buffer.alloc(5);
createCallServer()
  .on("stream", (call) => {
    call.on("wantTrailers", () => call.sendTrailers({ "grpc-status": "0" }));
    call.on("error", () => {});
    const headers = { ":status": 200, "content-type": "application/grpc", "x-version": VERSION };
    call.respond(headers, { waitForTrailers: true });
    call.resume().on("end", () => call.end(EMPTY));
  })
  .listen(Number(GRPC_PORT));
