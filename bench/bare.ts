/**
 * The baseline for admission: a bare node:https handler that reads each request and sends prepared bytes.
 * `node bench/bare.ts FILE`, a JSON file with {host, port, cert, key, answers: path → body}.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

interface Settings {
  readonly host: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  readonly answers: Readonly<Record<string, string>>;
}

const { host, port, cert, key, answers }: Settings = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const server = createServer({ cert, key, minVersion: "TLSv1.2" }, (request, response) => {
  const body = answers[request.url ?? ""] ?? "";
  request.resume().once("end", () => {
    response.writeHead(200, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(port, host, () => console.log("listening"));
