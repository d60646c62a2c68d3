import { expect } from "chai";
import type { PodSpec } from "../../../../kube/core/workloads.ts";
import { type Use, usesOf } from "../../../../rollout/tracking/uses.ts";

describe("rollout/config", () => {
  const cases: readonly { what: string; spec: PodSpec; uses: Record<string, Use> }[] = [
    { what: "nothing", spec: { containers: [{ name: "a" }] }, uses: {} },
    {
      what: "single variables, of init containers too",
      spec: {
        containers: [{ env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "web", key: "a" } } }] }],
        initContainers: [
          { env: [{ name: "B", valueFrom: { configMapKeyRef: { name: "web", key: "b" } } }] },
          { env: [{ name: "C", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }] },
          {
            env: [
              { name: "D", value: "plain" },
              { name: "E", valueFrom: { fieldRef: { fieldPath: "x" } } },
            ],
          },
        ],
      },
      uses: {
        "configmap/web": { keys: ["a", "b"], live: false },
        "secret/db": { keys: ["password"], live: false },
      },
    },
    {
      what: "all variables of an object, which is more than some of them",
      spec: {
        containers: [
          {
            env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "web", key: "a" } } }],
            envFrom: [{ configMapRef: { name: "web" } }, { prefix: "DB_", secretRef: { name: "db" } }],
          },
        ],
      },
      uses: { "configmap/web": { keys: "all", live: false }, "secret/db": { keys: "all", live: false } },
    },
    {
      what: "volumes: live when a folder is mounted, not by subPath, some keys when they are named",
      spec: {
        containers: [
          {
            volumeMounts: [
              { name: "one", mountPath: "/one" },
              { name: "two", mountPath: "/two", subPath: "two.conf" },
              { name: "many", mountPath: "/many" },
            ],
          },
        ],
        volumes: [
          { name: "one", configMap: { name: "web", items: [{ key: "a", path: "a" }] } },
          { name: "two", secret: { secretName: "tls" } },
          {
            name: "many",
            projected: {
              sources: [
                { configMap: { name: "more" } },
                { secret: { name: "db", items: [{ key: "p", path: "p" }] } },
                { downwardAPI: {} },
              ],
            },
          },
          { name: "none", emptyDir: {} },
        ],
      },
      uses: {
        "configmap/web": { keys: ["a"], live: true },
        "secret/tls": { keys: "all", live: false },
        "configmap/more": { keys: "all", live: true },
        "secret/db": { keys: ["p"], live: true },
      },
    },
  ];
  for (const { what, spec, uses } of cases) {
    it(`finds ${what}`, () => {
      const found = usesOf({ spec });
      expect(Object.fromEntries(found)).to.deep.equal(uses);
    });
  }
});
