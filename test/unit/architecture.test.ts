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

/** The rooms of the folders that have several: a line may import the lines above it, and no room of its own line. */
const rooms: readonly (readonly string[])[] = [
  ["kube/core"],
  ["kube/client"],
  ["kube/runtime"],
  ["rollout", "rollout/text"],
  ["rollout/traffic", "rollout/gateways/metrics"],
  ["rollout/plan", "rollout/gateways"],
  ["rollout/judge", "rollout/preflight", "rollout/hooks"],
  ["rollout/workload"],
  ["rollout/tracking"],
  ["rollout/admission", "rollout/stages"],
  ["rollout/cleanup"],
  ["controller/providers"],
  ["controller/evidence", "controller/hooks"],
  ["controller/reconcile"],
  ["controller"],
];

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

  it("keeps the order of its rooms: each imports only rooms of the lines above it", () => {
    const level = (folder: string) => rooms.findIndex((line) => line.includes(folder));
    const inside = product.filter(({ folder }) => ["kube", "rollout", "controller"].includes(folder));
    const known = new Set(rooms.flat());
    const found = offences(inside, (source) => {
      const room = dirname(source.path);
      const others = targets(source)
        .map(dirname)
        .filter((other) => other !== room);
      return [
        ...(known.has(room) ? [] : [`${room} has no place in the order`]),
        ...others.filter((other) => known.has(other) && level(other) >= level(room)),
      ];
    });
    expect(found).to.deep.equal([]);
  });

  it("keeps rollout/ away from the API server: of kube/ it knows the types alone", () => {
    const found = offences(
      product.filter(({ folder }) => folder === "rollout"),
      (source) => targets(source).filter((name) => /^kube\/(client|runtime)\//.test(name)),
    );
    expect(found).to.deep.equal([]);
  });

  it("loads the vendor's Kubernetes client in no process of the cluster", () => {
    const byPath = new Map(all.map((source) => [source.path, source]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const source = byPath.get(path);
      if (source === undefined || reached.has(path)) return;
      reached.add(path);
      for (const next of targets(source)) visit(next);
    };
    for (const main of ["webhook/main.ts", "controller/main.ts"]) visit(main);
    expect(reached.size).to.be.above(100);
    const loading = [...reached].filter((path) =>
      byPath.get(path)?.imports.some((name) => name.startsWith("@kubernetes/")),
    );
    expect(loading).to.deep.equal([]);
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
    const edges = new Map(all.map((source) => [source.path, targets(source)]));
    expect(cycle(edges) ?? []).to.deep.equal([]);
  });
});

/** The text without its comments, which may speak of anything. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** The files that a file imports, types included: a reader has to open them all. */
function targets({ path, imports }: Source): string[] {
  return imports.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name)));
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
