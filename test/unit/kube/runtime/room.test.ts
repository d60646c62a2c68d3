import { expect } from "chai";
import fc from "fast-check";
import { type KubeObject, keyOf } from "../../../../kube/core/meta.ts";
import { Room } from "../../../../kube/runtime/room.ts";
import { Cache } from "../../../../kube/runtime/store.ts";

interface Fat extends KubeObject {
  readonly filler: number;
}

/** A new version of one of a few objects, of this length; absent: its deletion. */
interface Change {
  readonly name: string;
  readonly namespace: string;
  readonly filler: number | undefined;
}

const MOST = 100;
const names = { name: fc.constantFrom("a", "b", "c"), namespace: fc.constantFrom("evil", "worse") };
const change: fc.Arbitrary<Change> = fc.record({
  ...names,
  filler: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
});

const at = ({ name, namespace, filler = 0 }: Change, version: number): Fat => ({
  metadata: { name, namespace, resourceVersion: String(version) },
  filler,
});

const cacheOf = (onFull: (namespace: string) => void) =>
  new Cache<Fat>(() => {}, {}, new Room({ most: MOST, sizeOf: ({ filler }) => filler }, onFull));

describe("kube/room", () => {
  it("keeps no more of a namespace than has room, and never an old version", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const cache = cacheOf(() => {});
        const last = new Map<string, Fat>();
        for (const [i, one] of changes.entries()) {
          const object = at(one, i + 1);
          cache.observe(object, one.filler !== undefined);
          last.set(keyOf(object), object);
          for (const namespace of ["evil", "worse"]) {
            const kept = cache.list().filter(({ metadata }) => metadata.namespace === namespace);
            expect(kept.reduce((sum, { filler }) => sum + filler, 0)).to.be.at.most(MOST);
          }
          for (const kept of cache.list()) expect(kept).to.equal(last.get(keyOf(kept)));
        }
      }),
    );
  });

  it("keeps every object of the other namespaces, and of one that has room again", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const cache = cacheOf(() => {});
        for (const [i, one] of changes.entries()) cache.observe(at(one, i + 1), one.filler !== undefined);
        const own = at({ name: "web", namespace: "shop", filler: MOST }, 100);
        cache.observe(own, true);
        expect(cache.get("shop/web")).to.equal(own);
        for (const [i, name] of ["a", "b", "c"].entries())
          cache.observe(at({ name, namespace: "evil", filler: undefined }, 200 + i), false);
        const again = at({ name: "a", namespace: "evil", filler: MOST }, 300);
        cache.observe(again, true);
        expect(cache.get("evil/a")).to.equal(again);
      }),
    );
  });

  it("knows the namespaces of which it does not keep everything, at every moment", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const cache = cacheOf(() => {});
        const exists = new Map<string, Fat>();
        for (const [i, one] of changes.entries()) {
          const object = at(one, i + 1);
          cache.observe(object, one.filler !== undefined);
          if (one.filler === undefined) exists.delete(keyOf(object));
          else exists.set(keyOf(object), object);
          const missing = [...exists].filter(([key]) => cache.get(key) === undefined);
          const expected = missing.map(([, { metadata }]) => metadata.namespace);
          expect([...cache.incomplete()]).to.have.members([...new Set(expected)]);
        }
      }),
    );
  });

  it("knows them also of a list, and forgets them with a list for which there is room", () => {
    const cache = cacheOf(() => {});
    const [a, b] = ["a", "b"].map((name, i) => at({ name, namespace: "evil", filler: 70 }, i + 1)) as [
      Fat,
      Fat,
    ];
    cache.replace([a], "5", new Map([["evil/b", { version: 2n, size: 70 }]]));
    expect([...cache.incomplete()]).to.deep.equal(["evil"]);
    cache.replace([b], "6", new Map());
    expect([...cache.incomplete()]).to.deep.equal([]);
    cache.replace([a, b], "7", new Map());
    expect([...cache.incomplete()]).to.deep.equal(["evil"]);
  });

  it("tells once of a namespace that is too long", () => {
    const told: string[] = [];
    const cache = cacheOf((namespace) => told.push(namespace));
    const put = (name: string, filler: number | undefined, version: number) =>
      cache.observe(at({ name, namespace: "evil", filler }, version), filler !== undefined);
    put("a", 80, 1);
    put("b", 30, 2);
    put("c", 15, 3);
    put("b", 30, 4);
    expect(told).to.deep.equal(["evil"]);
    put("a", undefined, 5);
    put("b", 90, 6);
    expect(told).to.deep.equal(["evil", "evil"]);
  });
});
