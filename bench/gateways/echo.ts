/** The pods of the check on a cluster of one's own: they answer with their version, and `/received` with their requests so far. */
import { createServer } from "node:http";

const { VERSION = "", PORT = "8080" } = process.env;
let received = 0;
createServer(({ url }, response) => {
  if (url === "/received") return response.end(String(received));
  received += 1;
  return response.setHeader("x-version", VERSION).end();
}).listen(Number(PORT));
