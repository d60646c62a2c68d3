import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";

const FILES = ["deploy/deployment.yaml", "deploy/components/dashboard/deployment.yaml"];
/** What a process of Serin needs beside its heap, in MiB: node's program, code and buffers. */
const BESIDE_HEAP = 100;

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly limits: { readonly memory: string } };
}

const containers = FILES.flatMap((file) =>
  parseAllDocuments(readFileSync(join(import.meta.dirname, "../../..", file), "utf8")).flatMap(
    (document) =>
      (document.toJS() as { spec: { template?: { spec: { containers: Container[] } } } } | null)?.spec
        .template?.spec.containers ?? [],
  ),
);

describe("the heap of Serin's containers", () => {
  for (const { name, env, resources } of containers) {
    it(`has limits for its old and its young objects that fit into the memory limit: ${name}`, () => {
      const options = env?.find((variable) => variable.name === "NODE_OPTIONS")?.value ?? "";
      const limitOf = (flag: string) => Number(new RegExp(`--${flag}=(\\d+)`).exec(options)?.[1]);
      // node keeps up to three semi-spaces.
      const heap = limitOf("max-old-space-size") + 3 * limitOf("max-semi-space-size");
      expect(heap + BESIDE_HEAP).to.be.at.most(Number.parseInt(resources.limits.memory, 10));
    });
  }

  it("is known of three containers", () => {
    expect(containers.map(({ name }) => name)).to.deep.equal(["webhook", "controller", "dashboard"]);
  });
});
