/**
 * `node release/version.ts TAG`: prints the version of a tag such as v1.2.3 if every file that names Serin's version names this
 * one. Otherwise the status is 1, and each line names a file that does not.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files that name the version, each with the text before it. */
const PLACES: readonly (readonly [file: string, before: string])[] = [
  ["package.json", '"version": "'],
  ["deploy/chart/Chart.yaml", "\nversion: "],
  ["deploy/chart/Chart.yaml", "\nappVersion: "],
  ["deploy/deployment.yaml", "image: ghcr.io/serin-dev/serin:"],
  ["deploy/components/dashboard/deployment.yaml", "image: ghcr.io/serin-dev/serin:"],
  ["Dockerfile", "ARG VERSION="],
  ["docs/installation.md", "ghcr.io/serin-dev/serin:"],
  ["docs/installation.md", "?ref=v"],
  ["docs/dashboard.md", "?ref=v"],
  ["docs/releasing.md", "ghcr.io/serin-dev/serin:"],
];

/** What contradicts a release of this version: each file that names another one, and a changelog without its section. */
export function disagreements(version: string, read: (file: string) => string): readonly string[] {
  const wrong = PLACES.flatMap(([file, before]) => {
    const named = read(file)
      .split(before)
      .slice(1)
      .map((rest) => /^[\w.+-]*/.exec(rest)?.[0] ?? "");
    const found = named.length === 0 ? ["no version"] : named.filter((each) => each !== version);
    return found.map((each) => `${file}: ${before.trim()} names ${each}, not ${version}`);
  });
  return notesOf(version, read("CHANGELOG.md")) === undefined
    ? [...wrong, `CHANGELOG.md: no section "## ${version}, DATE"`]
    : wrong;
}

/** The section of the changelog for a version that has a date, without its heading; `undefined` if there is none. */
export function notesOf(version: string, changelog: string): string | undefined {
  const section = changelog
    .split(/^## /m)
    .find((each) => each.startsWith(`${version}, `) && /^\S+, \d{4}-\d{2}-\d{2}\n/.test(each));
  return section?.slice(section.indexOf("\n")).trim();
}

if (import.meta.main) {
  const tag = process.argv[2] ?? "";
  const version = /^v(\d+\.\d+\.\d+)$/.exec(tag)?.[1];
  if (version === undefined)
    throw new Error(`usage: node release/version.ts v1.2.3, not ${JSON.stringify(tag)}`);
  const wrong = disagreements(version, (file) => readFileSync(join(import.meta.dirname, "..", file), "utf8"));
  for (const line of wrong) console.error(line);
  if (wrong.length === 0) console.log(version);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
