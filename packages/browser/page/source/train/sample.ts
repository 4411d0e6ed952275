/** Classes of the pictures, in their order. */
export const classes = ['aquarium_fish', 'motorcycle', 'skyscraper', 'sunflower'] as const;

/** Pictures of each class, by split. */
export const counts = { train: 200, test: 50 } as const;

/** Sides of a picture. */
export const side = 32;

/** Bytes of a picture, `[32, 32, 3]`. */
export const pictureBytes = side * side * 3;
