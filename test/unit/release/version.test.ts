import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import packageJson from "../../../package.json" with { type: "json" };
import { disagreements, notesOf } from "../../../release/version.ts";

const { version } = packageJson;
const CHANGELOG = `# Changelog

## 1.1.0, unreleased

### Added

- Later.

## 1.0.0, 2026-03-01

### Fixed

- A fault.

## 0.9.0, 2026-01-01
`;

describe("the version of a release", () => {
  const read = (file: string) =>
    file === "CHANGELOG.md"
      ? `## ${version}, 2026-03-01\n\nAll.\n`
      : readFileSync(join(import.meta.dirname, "../../..", file), "utf8");

  it("is the same in every file of this repository that names it", () => {
    expect(disagreements(version, read)).to.deep.equal([]);
  });

  it("is refused for each file that names another one", () => {
    const wrong = disagreements("99.0.0", read);
    expect(
      wrong.filter((line) => !line.startsWith("CHANGELOG.md")).map((line) => line.split(":")[0]),
    ).to.deep.equal([
      "package.json",
      ...["deploy/chart/Chart.yaml", "deploy/chart/Chart.yaml"],
      ...["deploy/deployment.yaml", "deploy/deployment.yaml"],
      "deploy/components/dashboard/deployment.yaml",
      "Dockerfile",
      ...["docs/installation.md", "docs/installation.md", "docs/installation.md"],
      ...["docs/installation.md", "docs/installation.md", "docs/dashboard.md", "docs/releasing.md"],
    ]);
    expect(disagreements(version, (file) => (file === "Dockerfile" ? "" : read(file)))).to.deep.equal([
      `Dockerfile: ARG VERSION= names no version, not ${version}`,
    ]);
  });

  it("needs its section in the changelog, with a date", () => {
    expect(
      disagreements(version, (file) => (file === "CHANGELOG.md" ? CHANGELOG : read(file))),
    ).to.deep.equal([`CHANGELOG.md: no section "## ${version}, DATE"`]);
    expect(notesOf("1.0.0", CHANGELOG)).to.equal("### Fixed\n\n- A fault.");
    expect(notesOf("1.1.0", CHANGELOG)).to.equal(undefined);
    expect(notesOf("0.9", CHANGELOG)).to.equal(undefined);
  });
});
