/** Largest gap allowed unless a caller says otherwise. */
export const defaultTolerance = 1e-4;
