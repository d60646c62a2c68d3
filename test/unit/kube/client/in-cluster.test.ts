import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { inCluster } from "../../../../kube/client/in-cluster.ts";
import { FakeClock } from "../../../support/clock.ts";

describe("the credentials of a pod", () => {
  let folder: string;
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
    folder = mkdtempSync(join(tmpdir(), "serin-pod-"));
    writeFileSync(join(folder, "ca.crt"), "");
    writeFileSync(join(folder, "token"), "first\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const at = (host: string) => ({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "443" });

  it("name the API server by address, over IPv4 and IPv6", () => {
    expect(inCluster(at("10.96.0.1"), clock, folder).server.href).to.equal("https://10.96.0.1/");
    expect(inCluster(at("fd00::1"), clock, folder).server.href).to.equal("https://[fd00::1]/");
  });

  it("carry the token that the kubelet wrote last", async () => {
    const credentials = inCluster(at("10.96.0.1"), clock, folder);
    expect(await credentials.headers()).to.deep.equal({ authorization: "Bearer first" });
    writeFileSync(join(folder, "token"), "second");
    expect(await credentials.headers(), "remembered").to.deep.equal({ authorization: "Bearer first" });
    await clock.advance(10_000);
    expect(await credentials.headers()).to.deep.equal({ authorization: "Bearer second" });
  });

  it("carry a token that is there again", async () => {
    const credentials = inCluster(at("10.96.0.1"), clock, folder);
    rmSync(join(folder, "token"));
    expect(await credentials.headers().catch((error) => error.code)).to.equal("ENOENT");
    writeFileSync(join(folder, "token"), "second");
    expect(await credentials.headers()).to.deep.equal({ authorization: "Bearer second" });
  });

  it("are none outside a cluster, and the error says what is missing", () => {
    expect(() => inCluster({}, clock, folder)).to.throw(
      "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set",
    );
  });
});
