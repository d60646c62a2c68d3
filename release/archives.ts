import packageJson from "../package.json" with { type: "json" };

/** A platform as Go, krew and the names of the archives call it. */
export interface Platform {
  readonly os: "linux" | "darwin" | "windows";
  readonly arch: "amd64" | "arm64";
}

/** The platforms that a release has an archive of the plugin for. */
export const platforms: readonly Platform[] = [
  { os: "linux", arch: "amd64" },
  { os: "linux", arch: "arm64" },
  { os: "darwin", arch: "amd64" },
  { os: "darwin", arch: "arm64" },
  { os: "windows", arch: "amd64" },
];

/** The platform of Node's names for it; undefined if a release has no archive for it. */
export function platformOf(os: string, arch: string): Platform | undefined {
  const system = os === "win32" ? "windows" : os;
  const machine = arch === "x64" ? "amd64" : arch;
  return platforms.find((each) => each.os === system && each.arch === machine);
}

/** The file name of the archive for a platform. */
export function archiveOf({ os, arch }: Platform): string {
  return `kubectl-serin-${packageJson.version}-${os}-${arch}.tar.gz`;
}

/** The plugin's file inside the archive. */
export function programIn({ os }: Platform): string {
  return os === "windows" ? "kubectl-serin.exe" : "kubectl-serin";
}
