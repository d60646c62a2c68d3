import { CHANGED, HELD, RUN } from "../../../rollout/keys.ts";
import { annotations } from "../../../rollout/plan/annotations.ts";

/** The content type of every review. */
export const JSON_TYPE = "application/json";
/** Content types of other requests. */
export const TYPES = [
  "text/plain",
  "application/json; charset=zebra",
  "application/yaml",
  "multipart/form-data",
  "",
];
/** Content encodings that the body does not have. */
export const ENCODINGS = ["gzip", "br", "zebra", "deflate"];
/** Keys with a meaning in JavaScript, and strange ones. */
export const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "",
  "\u0000",
  "\ud800",
  "é",
];
/** The keys of annotations on a Deployment. */
export const KEYS = [...Object.values(annotations).map(({ key }) => key), HELD, RUN, CHANGED];
/** Values that are valid for one of these keys. */
export const VALUES = Object.values(annotations).map(({ example }) => example);
/** Kinds of objects. */
export const KINDS = ["Deployment", "Service", "HTTPRoute", "GRPCRoute", "ConfigMap", "Pod", "List", ""];
/** Values that are not valid, and values that are expensive to read. */
export const BOMBS = [
  "&a [*a, *a]",
  `a: &a ["x"]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]`,
  "header x=(a+)+$",
  "success-rate >= 99%,".repeat(500),
  "1,".repeat(5_000),
  `{"phase":"canary"`,
  `{"started":"x","phase":"promoting","stable":"web1","originals":{}}`,
  `{"rules":{"0":null},"shares":{"uid-web":null}}`,
  `{"selector":null,"since":7}`,
  "null",
  "[]",
  "7",
];
/** Values that may replace any other. */
export const SCALARS = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  "",
  "0",
  "x",
  [],
  {},
  [null],
  [[[]]],
  "\u202e\ud800",
];
