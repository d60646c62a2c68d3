import { createHash, createHmac } from "node:crypto";
import { expect } from "chai";
import { cloudWatchProvider, sign } from "../../../providers/cloudwatch.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { atSeconds, behavesAsProvider } from "./behaviour.ts";
import type { Seen } from "./server.ts";

type Result = Readonly<Record<string, unknown>>;

const answer = (...results: readonly Result[]) =>
  JSON.stringify({
    MetricDataResults: results.map((result, i) => ({
      Id: `e${i}`,
      Label: "ErrorRate",
      StatusCode: "Complete",
      ...result,
    })),
    Messages: [],
  });
const points = (Timestamps: readonly number[], Values: readonly unknown[]): Result => ({
  Timestamps,
  Values,
});
const queries = [
  { Id: "e1", Expression: "m1 / m2", Label: "ErrorRate" },
  { Id: "m1", MetricStat: { Metric: { Namespace: "App", MetricName: "Errors" }, Period: 60, Stat: "Sum" } },
];

behavesAsProvider(
  "CloudWatch",
  {
    make: cloudWatchProvider,
    secret: {
      region: "eu-central-1",
      aws_access_key_id: "AKIDEXAMPLE",
      aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG",
      aws_session_token: "s3ssion",
    },
    query: JSON.stringify(queries),
    hidden: ["wJalrXUtnFEMI/K7MDENG", "s3ssion"],
    answers: {
      value: answer(points([atSeconds - 60, atSeconds - 120], [42, 1])),
      several: answer(points([atSeconds], [1]), points([atSeconds], [2])),
      nothing: answer(),
      gaps: answer(points([], [])),
      notANumber: answer(points([atSeconds], ["NaN"])),
      stale: answer(points([atSeconds - 240], [42])),
    },
    refusal: JSON.stringify({ __type: "com.amazonaws#ValidationError", message: "no such thing" }),
  },
  (bench) => {
    const failure = async (query?: string) => {
      const error = await bench.read(query).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      return String(error);
    };

    it("posts the queries for ten intervals, the newest point first", async () => {
      bench.answerWith(answer());
      await bench.read();
      const { method, path, headers, body } = bench.server.last();
      expect(`${method} ${path}`).to.equal("POST /");
      expect(headers).to.include({
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "GraniteServiceVersion20100801.GetMetricData",
        "x-amz-date": "20260101T120000Z",
        "x-amz-security-token": "s3ssion",
      });
      expect(JSON.parse(body)).to.deep.equal({
        StartTime: atSeconds - 600,
        EndTime: atSeconds,
        ScanBy: "TimestampDescending",
        MetricDataQueries: queries,
      });
    });

    it("signs what it sends", async () => {
      bench.answerWith(answer());
      await bench.read();
      const snapshot = bench.server.last();
      expect(snapshot.headers.authorization).to.equal(signatureOf(snapshot, "wJalrXUtnFEMI/K7MDENG"));
    });

    for (const query of ["m1 / m2", '{"Id": "e1"}']) {
      it(`asks nothing with the query ${query}`, async () => {
        expect(await failure(query)).to.match(/use a JSON list of MetricDataQuery/);
      });
    }

    it("reports a metric that it may not read", async () => {
      const Messages = [{ Code: "AccessDenied", Value: "not yours" }];
      bench.answerWith(answer({ StatusCode: "Forbidden", Timestamps: [], Values: [], Messages }));
      expect(await failure()).to.contain("answers Forbidden: not yours");
    });
  },
);

describe("the signature of a request to AWS", () => {
  const signer = {
    credentials: {
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    },
    region: "us-east-1",
    service: "service",
  };
  const url = new URL("https://example.amazonaws.com/");
  const at = Date.UTC(2015, 7, 30, 12, 36);
  const scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";

  // From the test suite that AWS publishes.
  const suite = [
    {
      name: "post-vanilla",
      headers: {},
      body: "",
      names: "host;x-amz-date",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    },
    {
      name: "post-x-www-form-urlencoded",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Param1=value1",
      names: "content-type;host;x-amz-date",
      signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    },
  ];
  for (const { name, headers, body, names, signature } of suite) {
    it(`is what AWS publishes for ${name}`, async () => {
      expect(await sign(signer, { url, headers, body, at })).to.deep.equal({
        ...headers,
        "x-amz-date": "20150830T123600Z",
        authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=${names}, Signature=${signature}`,
      });
    });
  }
});

/** The signature as the receiver computes it, from the headers that the request says it signed. */
function signatureOf({ headers, body }: Seen, secret: string): string {
  const [, names = ""] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? "") ?? [];
  expect(names.split(";")).to.include.members(["host", "x-amz-date", "x-amz-security-token"]);
  const lines = names.split(";").map((name) => `${name}:${headers[name]}\n`);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const request = `POST\n/\n\n${lines.join("")}\n${names}\n${hash(body)}`;
  const scope = "20260101/eu-central-1/monitoring/aws4_request";
  const toSign = `AWS4-HMAC-SHA256\n20260101T120000Z\n${scope}\n${hash(request)}`;
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of ["20260101", "eu-central-1", "monitoring", "aws4_request", toSign]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  const signature = Buffer.from(key).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}
