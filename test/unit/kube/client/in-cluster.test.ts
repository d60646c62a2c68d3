import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { inCluster } from "../../../../kube/client/in-cluster.ts";

describe("the credentials of a pod", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "serin-pod-"));
    writeFileSync(join(folder, "ca.crt"), "");
    writeFileSync(join(folder, "token"), "first\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const at = (host: string) => ({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "443" });

  it("name the API server by address, over IPv4 and IPv6", () => {
    expect(inCluster(at("10.96.0.1"), folder).server.href).to.equal("https://10.96.0.1/");
    expect(inCluster(at("fd00::1"), folder).server.href).to.equal("https://[fd00::1]/");
  });

  it("carry the token that the kubelet wrote last", async () => {
    const credentials = inCluster(at("10.96.0.1"), folder);
    expect(await credentials.headers()).to.deep.equal({ authorization: "Bearer first" });
    writeFileSync(join(folder, "token"), "second");
    expect(await credentials.headers()).to.deep.equal({ authorization: "Bearer second" });
  });

  it("are none outside a cluster, and the error says what is missing", () => {
    expect(() => inCluster({}, folder)).to.throw(
      "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set",
    );
  });
});
