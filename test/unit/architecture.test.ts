import { dirname } from "node:path";
import { expect } from "chai";
import { allSources, codeOf, offencesIn, productSources, targetsOf } from "../support/sources.ts";

/** The other folders that each folder may import. The tests may import every folder. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  rollout: ["kube"],
  kube: [],
  certs: ["kube"],
  flags: [],
  // The version of the program.
  telemetry: ["kube", "package.json"],
  providers: ["rollout", "kube"],
  evidence: ["providers", "rollout", "kube"],
  notices: ["rollout", "kube"],
  conformance: ["evidence", "providers", "rollout", "kube"],
  webhook: ["rollout", "kube", "notices", "certs", "flags", "telemetry"],
  controller: ["evidence", "providers", "rollout", "kube", "notices", "certs", "flags", "telemetry"],
  dashboard: ["evidence", "providers", "rollout", "kube", "flags", "telemetry"],
  // The manifest tells the version.
  migrate: ["rollout", "kube"],
  cli: [
    "dashboard",
    "evidence",
    "providers",
    "rollout",
    "kube",
    "notices",
    "certs",
    "flags",
    "migrate",
    "conformance",
    "package.json",
  ],
  release: ["package.json"],
  docs: ["rollout", "flags", "cli", "migrate"],
  demo: ["rollout", "kube", "certs", "test"],
  bench: [
    "conformance",
    "dashboard",
    "evidence",
    "rollout",
    "kube",
    "certs",
    "webhook",
    "controller",
    "telemetry",
    "release",
    "test",
  ],
};

/** The order of inner folders: each may import the folders in the lines above its line, and no other one in its own line. */
const order: readonly (readonly string[])[] = [
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
  ["rollout/cleanup", "rollout/view", "rollout/flight", "rollout/replay"],
  ["rollout/notice"],
  ["rollout/notice/channels"],
  ["rollout/notify"],
  ["controller/hooks"],
  ["controller/telemetry"],
  ["controller/notify"],
  ["controller/reconcile"],
  ["controller"],
];

describe("architecture", () => {
  it("has the arrows between its folders that it promises", () => {
    const crossing = offencesIn(productSources, (source) =>
      targetsOf(source).filter((target) => {
        const [folder = ""] = target.split("/");
        return folder !== source.folder && !arrows[source.folder]?.includes(folder);
      }),
    );
    expect(crossing).to.deep.equal([]);
  });

  it("keeps the order of its inner folders: each imports only folders of the lines above it", () => {
    const level = (folder: string) => order.findIndex((line) => line.includes(folder));
    const inside = productSources.filter(({ folder }) => ["kube", "rollout", "controller"].includes(folder));
    const known = new Set(order.flat());
    const found = offencesIn(inside, (source) => {
      const folder = dirname(source.path);
      const others = targetsOf(source)
        .map(dirname)
        .filter((other) => other !== folder);
      return [
        ...(known.has(folder) ? [] : [`${folder} has no place in the order`]),
        ...others.filter((other) => known.has(other) && level(other) >= level(folder)),
      ];
    });
    expect(found).to.deep.equal([]);
  });

  it("keeps rollout/ and migrate/ away from the API server: they import nothing of kube/ but kube/core", () => {
    const found = offencesIn(
      productSources.filter(({ folder }) => ["rollout", "migrate"].includes(folder)),
      (source) => targetsOf(source).filter((name) => /^kube\/(client|runtime)\//.test(name)),
    );
    expect(found).to.deep.equal([]);
  });

  it("loads the vendor's Kubernetes client in no process of the cluster", () => {
    const byPath = new Map(allSources.map((source) => [source.path, source]));
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const source = byPath.get(path);
      if (source === undefined || reached.has(path)) return;
      reached.add(path);
      for (const next of targetsOf(source)) visit(next);
    };
    for (const main of ["webhook/main.ts", "controller/main.ts", "dashboard/main.ts"]) visit(main);
    expect(reached.size).to.be.above(100);
    const loading = [...reached].filter((path) =>
      byPath.get(path)?.imports.some((name) => name.startsWith("@kubernetes/")),
    );
    expect(loading).to.deep.equal([]);
  });

  it("keeps dashboard/page to what a browser has: the contract, the views, their words and order, and three packages", () => {
    const allowed =
      /^(dashboard\/(api\.ts|page\/)|rollout\/(view\/(view|words|urgency)|text\/line-diff)\.ts)/;
    const packages = ["preact", "preact/hooks", "uplot", "eventsource-parser"];
    const found = offencesIn(
      productSources.filter(({ path }) => path.startsWith("dashboard/page/")),
      (source) => [
        ...targetsOf(source).filter((target) => !allowed.test(target)),
        ...source.imports.filter((name) => !name.startsWith(".") && !packages.includes(name)),
        // Names and messages are tenants' texts.
        ...[...codeOf(source).matchAll(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b/g)].map(
          String,
        ),
      ],
    );
    expect(found).to.deep.equal([]);
  });

  it("keeps rollout/ and migrate/ pure: few packages, no clock, no randomness, no environment", () => {
    const impure =
      /\b(Date\.now|new Date\(\)|Math\.random|process\.|console\.|setTimeout|setInterval|fetch)\b/g;
    // Packages without a clock, I/O or environment.
    const pure = ["yaml", "valibot", "fastest-levenshtein"];
    const core = productSources.filter(({ folder }) => ["rollout", "migrate"].includes(folder));
    const found = offencesIn(core, (source) => [
      ...source.imports.filter((name) => !name.startsWith(".") && !pure.includes(name)),
      ...[...codeOf(source).matchAll(impure)].map(([found]) => found),
    ]);
    expect(found).to.deep.equal([]);
  });

  it("reads clock and environment in main.ts only", () => {
    const programs = ["webhook", "controller", "dashboard"];
    const folders = [
      ...["kube", "certs", "notices", "telemetry", "providers", "evidence", "conformance"],
      ...programs,
    ];
    const shell = productSources.filter(
      // What runs in a browser has the browser's clock.
      ({ path, folder }) =>
        folders.includes(folder) &&
        !path.startsWith("dashboard/page/") &&
        !/(^|\/)(main|clock)\.ts$/.test(path),
    );
    const ambient = /\b(Date\.now|Math\.random|process\.env|console\.\w+)\b/g;
    expect(
      offencesIn(shell, (source) => [...codeOf(source).matchAll(ambient)].map(([found]) => found)),
    ).to.deep.equal([]);
  });

  it("reaches the vendor's Kubernetes client through kube/ only", () => {
    const others = productSources.filter(({ folder }) => folder !== "kube");
    const found = offencesIn(others, ({ imports }) =>
      imports.filter((name) => name.startsWith("@kubernetes/")),
    );
    expect(found).to.deep.equal([]);
  });

  it("has no cycle of imports", () => {
    const edges = new Map(allSources.map((source) => [source.path, targetsOf(source)]));
    expect(cycle(edges) ?? []).to.deep.equal([]);
  });
});

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
