/** Rises whenever the same pairs could get another verdict; stored with every verdict, so the past can be judged again. */
export const ANALYSIS_VERSION = 2;
