import { expect } from "chai";
import fc from "fast-check";
import { type KubeObject, keyOf } from "../../../../kube/core/meta.ts";
import { Cache } from "../../../../kube/runtime/store.ts";

/** One write to one of three objects; `selected` tells whether it is in the selection afterwards. */
interface Write {
  readonly name: string;
  readonly selected: boolean;
  /**
   * When its writer applies it, counted in events of the watch: 1 right after its own, 2 after the next; 0 right
   * before its own, -1 before the one before, as the watch lags behind; never if undefined.
   */
  readonly applied: number | undefined;
}

const write: fc.Arbitrary<Write> = fc.record({
  name: fc.constantFrom("a", "b", "c"),
  selected: fc.boolean(),
  applied: fc.option(fc.integer({ min: -3, max: 4 }), { nil: undefined }),
});

const at = (name: string, version: number): KubeObject => ({
  metadata: { name, namespace: "shop", resourceVersion: String(version) },
});

/** Applies each write as asked, and delivers the watch's events in their order; calls `check` in between. */
function play<Index extends string>(
  cache: Cache<KubeObject, Index>,
  writes: readonly Write[],
  check: () => void,
): void {
  const objects = writes.map(({ name }, index) => at(name, index + 1));
  for (let step = -3; step < writes.length + 4; step++) {
    for (const [index, { applied, selected }] of writes.entries()) {
      const object = objects[index];
      if (object && applied !== undefined && index + applied === step) cache.apply(object, selected);
      check();
    }
    const event = objects[step];
    if (event) cache.observe(event, writes[step]?.selected ?? false);
    check();
  }
}

const boundless = { take: () => true, has: () => true, sizeOf: () => 0 };

describe("kube/cache", () => {
  it("ends as the cluster is, whenever own writes are applied", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        const cache = new Cache<KubeObject>(() => {}, {}, boundless);
        play(cache, writes, () => {});
        const last = new Map(
          writes.map(({ name, selected }, index) => [name, selected ? at(name, index + 1) : undefined]),
        );
        for (const [name, object] of last) expect(cache.get(`shop/${name}`)).to.deep.equal(object);
      }),
    );
  });

  it("never goes back, and reports each version once, with the one before", () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        const mirror = new Map<string, KubeObject>();
        const told = new Map<string, bigint>();
        const cache = new Cache<KubeObject>(
          (key, now, before) => {
            expect(before).to.equal(mirror.get(key));
            if (now) {
              expect(keyOf(now)).to.equal(key);
              const version = BigInt(now.metadata.resourceVersion ?? 0);
              expect(version > (told.get(key) ?? 0n)).to.equal(true);
              told.set(key, version);
              mirror.set(key, now);
            } else mirror.delete(key);
          },
          {},
          boundless,
        );
        play(cache, writes, () => expect(cache.list()).to.have.members([...mirror.values()]));
      }),
    );
  });

  it("knows the last of two removals whose results arrive in the other order", () => {
    const cache = new Cache<KubeObject>(() => {}, {}, boundless);
    cache.apply(at("b", 3), false);
    cache.apply(at("b", 1), false);
    cache.observe(at("b", 1), false);
    cache.observe(at("b", 2), true);
    expect(cache.list()).to.deep.equal([]);
  });

  it("keeps an own write that is newer than the list, and nothing else that is missing in it", () => {
    const cache = new Cache<KubeObject>(() => {}, {}, boundless);
    cache.replace([at("old", 1)], "5", new Map());
    cache.apply(at("mine", 9), true);
    cache.replace([], "7", new Map());
    expect(cache.list()).to.deep.equal([at("mine", 9)]);
  });

  it("believes a list that shows an object older than before, as after a restore of etcd", () => {
    const told: string[] = [];
    const cache = new Cache<KubeObject>(
      (_key, now) => void told.push(now?.metadata.resourceVersion ?? "gone"),
      {},
      boundless,
    );
    cache.replace([at("a", 90)], "95", new Map());
    cache.observe(at("a", 100), true);
    cache.replace([at("a", 80)], "120", new Map());
    expect(cache.get("shop/a")).to.deep.equal(at("a", 80));
    expect(told).to.deep.equal(["90", "100", "80"]);
    cache.apply(at("a", 130), true);
    cache.replace([at("a", 80)], "125", new Map());
    expect(cache.get("shop/a"), "an own write after the list").to.deep.equal(at("a", 130));
  });

  it("says of a list whether the versions went back, as after a restore of etcd", () => {
    const cache = new Cache<KubeObject>(() => {}, {}, boundless);
    const isBack = (version: string) => cache.replace([], version, new Map());
    expect(["95", "95", "120"].map(isBack)).to.deep.equal([false, false, false]);
    expect(["80", "81"].map(isBack)).to.deep.equal([true, false]);
    expect(isBack("0"), "the kind is not installed").to.equal(false);
  });

  it("says the same of a list with an older object, as after a restore with --bump-revision", () => {
    const cache = new Cache<KubeObject>(() => {}, {}, boundless);
    const isBack = (of: number, version: string) => cache.replace([at("a", of)], version, new Map());
    expect(isBack(90, "95")).to.equal(false);
    cache.observe(at("a", 100), true);
    expect(isBack(100, "101")).to.equal(false);
    expect(isBack(80, "1000000120")).to.equal(true);
    expect(cache.get("shop/a")).to.deep.equal(at("a", 80));
    cache.apply(at("a", 1_000_000_130), true);
    expect(isBack(80, "1000000125"), "an own write after the list").to.equal(false);
  });

  it("finds by its indexes what a search would find, whatever comes and goes", () => {
    // The values change with every version: none, one or several.
    const group = ({ metadata }: KubeObject) =>
      ["x", "y", "z"].filter((_, bit) => (Number(metadata.resourceVersion) >> bit) & 1);
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        const cache = new Cache<KubeObject, "group">(() => {}, { group }, boundless);
        const check = () => {
          for (const value of ["x", "y", "z", "none"]) {
            const expected = cache.list().filter((object) => group(object).includes(value));
            expect(cache.by("group", value)).to.have.members(expected);
          }
        };
        play(cache, writes, check);
        cache.replace([at("a", 99)], "99", new Map());
        check();
      }),
    );
  });

  it("compares versions as numbers of any length", () => {
    const cache = new Cache<KubeObject>(() => {}, {}, boundless);
    const versioned = (resourceVersion: string) => ({ metadata: { name: "a", resourceVersion } });
    cache.apply(versioned("9007199254740993"), true);
    cache.apply(versioned("9007199254740992"), true);
    cache.apply(versioned("9"), true);
    expect(cache.get("/a")?.metadata.resourceVersion).to.equal("9007199254740993");
  });
});
