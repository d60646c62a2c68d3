/**
 * The program of the check's pods, for `node -e PROGRAM VERSION`: it answers each request with its version, also gRPC calls, and `/received` with
 * the number of its requests so far. A text, because the pods have no files but those of their image.
 */
export const echoProgram = `
const [, version, port = 8080, grpcPort = 9090] = process.argv;
let received = 0;
// A gateway keeps idle connections for longer than Node would: a request on one that ends at the moment would fail.
const idle = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
require("node:http").createServer(idle, ({ url }, response) => {
  response.setHeader("x-version", version);
  if (url === "/received") return response.end(String(received));
  if (url !== "/ready") received += 1;
  response.end();
}).listen(Number(port));
// A message of gRPC without content: it is not compressed, and its length is 0.
const empty = Buffer.alloc(5);
require("node:http2").createServer().on("stream", (call) => {
  call.on("wantTrailers", () => call.sendTrailers({ "grpc-status": "0" }));
  call.on("error", () => {});
  const headers = { ":status": 200, "content-type": "application/grpc", "x-version": version };
  call.respond(headers, { waitForTrailers: true });
  call.resume().on("end", () => call.end(empty));
}).listen(Number(grpcPort));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
`;
