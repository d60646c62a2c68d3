import { expect } from "chai";
import { parse } from "yaml";
import packageJson from "../../../package.json" with { type: "json" };
import { archiveOf, platformOf, platforms } from "../../../release/archives.ts";
import { krewManifest } from "../../../release/krew.ts";

describe("the manifest for krew", () => {
  const digestOf = (archive: string) => archive.length.toString(16).padStart(64, "0");
  const { metadata, spec } = parse(krewManifest("https://example.com/v1", digestOf));

  it("names the plugin and its version as krew's index wants them", () => {
    expect(metadata).to.deep.equal({ name: "serin" });
    expect(spec.version).to.equal(`v${packageJson.version}`);
    expect(spec.shortDescription).to.have.length.below(70).and.not.match(/\.$/);
    const long = `${spec.description}\n${spec.caveats}`.split("\n").filter((line) => line.length > 80);
    expect(long).to.deep.equal([]);
  });

  it("has each platform once, with its archive, digest and program", () => {
    expect(spec.platforms).to.deep.equal(
      platforms.map(({ os, arch }) => ({
        selector: { matchLabels: { os, arch } },
        uri: `https://example.com/v1/kubectl-serin-${packageJson.version}-${os}-${arch}.tar.gz`,
        sha256: digestOf(archiveOf({ os, arch })),
        bin: os === "windows" ? "kubectl-serin.exe" : "kubectl-serin",
      })),
    );
  });

  it("knows platforms by Node's names", () => {
    expect(platformOf("win32", "x64")).to.deep.equal({ os: "windows", arch: "amd64" });
    expect(platformOf("darwin", "arm64")).to.deep.equal({ os: "darwin", arch: "arm64" });
    expect(platformOf("linux", "ia32")).to.equal(undefined);
    expect(platformOf("win32", "arm64")).to.equal(undefined);
  });
});
