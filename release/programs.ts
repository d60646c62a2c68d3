/** The programs of the image, each by its file. Their paths are the same in the repository and in the image. */
export const PROGRAMS = [
  "webhook/main.ts",
  "controller/main.ts",
  "dashboard/main.ts",
  "cli/main.ts",
] as const;
