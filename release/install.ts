/** The image that deploy/ names. */
const IMAGE = /^(\s*(?:- )?image: )ghcr\.io\/serin-dev\/serin:\S+$/gm;

/**
 * install.yaml: the text that `kubectl kustomize deploy/` prints, with `image` in every pod if it is given. Throws an Error
 * if the text names no image of Serin's.
 */
export function inOneFile(rendered: string, image?: string): string {
  if (rendered.match(IMAGE) === null) throw new Error("deploy/ names no image ghcr.io/serin-dev/serin");
  const text = image === undefined ? rendered : rendered.replaceAll(IMAGE, `$1${image}`);
  return `# Serin. To install: kubectl apply -f install.yaml\n${text}`;
}
