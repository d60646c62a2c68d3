import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "../..");

/** What each folder may import, besides itself. The tests may import everything. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  rollout: ["kube"],
  kube: [],
  certs: ["kube"],
  flags: [],
  webhook: ["rollout", "kube", "certs", "flags"],
  controller: ["rollout", "kube", "certs", "flags"],
  cli: ["rollout", "kube", "certs", "flags"],
  docs: ["rollout", "flags"],
  demo: ["rollout", "kube", "certs", "test"],
  bench: ["rollout", "kube", "certs", "webhook", "controller", "test"],
};

interface Source {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const specifier = /^(?:import|export)\s[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function sourcesIn(folder: string): Source[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name).slice(root.length + 1);
      const text = readFileSync(join(root, path), "utf8");
      const imports = [...text.matchAll(specifier)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
      return { path, folder, text, imports };
    });
}

const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (entry.name in arrows || entry.name === "test"))
  .map(({ name }) => name);
const all = folders.flatMap(sourcesIn);
const product = all.filter(({ folder }) => folder !== "test");

/** Tells all offenders at once: "path: what". */
function offences(sources: readonly Source[], find: (source: Source) => readonly string[]): string[] {
  return sources.flatMap((source) => find(source).map((what) => `${source.path}: ${what}`));
}

describe("architecture", () => {
  it("has the arrows between its folders that it promises", () => {
    const crossing = offences(product, ({ path, folder, imports }) =>
      imports.filter((name) => {
        const target = normalize(join(dirname(path), name)).split("/")[0] ?? "";
        return name.startsWith(".") && target !== folder && !arrows[folder]?.includes(target);
      }),
    );
    expect(crossing).to.deep.equal([]);
  });

  it("keeps rollout/ pure: few packages, no clock, no chance, no environment", () => {
    const impure =
      /\b(Date\.now|new Date\(\)|Math\.random|process\.|console\.|setTimeout|setInterval|fetch)\b/g;
    // Packages without a clock, I/O or environment.
    const pure = ["yaml", "valibot", "fastest-levenshtein"];
    const rollout = product.filter(({ folder }) => folder === "rollout");
    const found = offences(rollout, ({ text, imports }) => [
      ...imports.filter((name) => !name.startsWith(".") && !pure.includes(name)),
      ...[...code(text).matchAll(impure)].map(([what]) => what),
    ]);
    expect(found).to.deep.equal([]);
  });

  it("reads clock and environment in main.ts only", () => {
    const shell = product.filter(({ path, folder }) => {
      return (
        ["kube", "certs", "webhook", "controller"].includes(folder) && !/(^|\/)(main|clock)\.ts$/.test(path)
      );
    });
    const ambient = /\b(Date\.now|Math\.random|process\.env|console\.\w+)\b/g;
    expect(
      offences(shell, ({ text }) => [...code(text).matchAll(ambient)].map(([what]) => what)),
    ).to.deep.equal([]);
  });

  it("reaches the vendor's Kubernetes client through kube/ only", () => {
    const others = product.filter(({ folder }) => folder !== "kube");
    const found = offences(others, ({ imports }) =>
      imports.filter((name) => name.startsWith("@kubernetes/")),
    );
    expect(found).to.deep.equal([]);
  });

  it("imports relative files by their full name", () => {
    const found = offences(all, ({ imports }) => {
      return imports.filter((name) => name.startsWith(".") && !/\.(ts|json)$/.test(name));
    });
    expect(found).to.deep.equal([]);
  });

  it("exports by name", () => {
    expect(
      offences(all, ({ text }) => (/^export default\b/m.test(text) ? ["export default"] : [])),
    ).to.deep.equal([]);
  });

  it("has files that hold one idea, named after it", () => {
    const vague = /(^|[/.-])(utils?|helpers?|manager|common|misc)([/.-]|$)/i;
    const found = offences(all, ({ path, text }) => [
      ...(vague.test(path) ? ["vague name"] : []),
      ...(text.split("\n").length > 301 ? ["more than 300 lines"] : []),
    ]);
    expect(found).to.deep.equal([]);
  });

  it("has no cycle of imports", () => {
    const edges = new Map(all.map(({ path, text }) => [path, targets(path, text)]));
    expect(cycle(edges) ?? []).to.deep.equal([]);
  });
});

/** The text without its comments, which may speak of anything. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** What the file needs when it runs; imports of types are gone by then. */
function targets(path: string, text: string): string[] {
  const needed = text.replace(/^(?:import|export) type\s[^;]*;/gm, "");
  return [...needed.matchAll(specifier)]
    .map((match) => match[1] ?? match[2] ?? "")
    .filter((name) => name.startsWith("."))
    .map((name) => normalize(join(dirname(path), name)));
}

function cycle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of edges.get(path) ?? []) {
      const found = visit(next, [...trail, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of edges.keys()) {
    const found = visit(path, []);
    if (found) return found;
  }
  return undefined;
}
