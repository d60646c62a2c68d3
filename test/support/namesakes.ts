/** A cluster in which no name of the metrics stands for two Services. */
export const noNamesakes = {
  follow: () => {},
  forget: () => {},
  doubts: () => () => undefined,
};
