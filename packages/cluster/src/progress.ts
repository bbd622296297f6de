/** Hears one line per step while something long goes on. Silent where nobody watches. */
export type Progress = (line: string) => void;

export const silent: Progress = () => undefined;
