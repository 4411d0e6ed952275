/** What all rows' training has in common, on all sides. */
export const training = { rate: 0.01, decay: 5e-4 } as const;
