import { expect } from "chai";
import { signed } from "../../../../controller/providers/signature-v4.ts";

describe("AWS Signature Version 4", () => {
  const signer = {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
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
    it(`signs ${name}`, () => {
      expect(signed(signer, { url, headers, body, at })).to.deep.equal({
        ...headers,
        "x-amz-date": "20150830T123600Z",
        authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=${names}, Signature=${signature}`,
      });
    });
  }
});
