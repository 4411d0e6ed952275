/** The 13 classes, label `i` being the `i`-th; void is -1. SceneNet's order (Handa and others, 2015). */
export const classes13: readonly string[] = [
  'bed',
  'books',
  'ceiling',
  'chair',
  'floor',
  'furniture',
  'objects',
  'picture',
  'sofa',
  'table',
  'tv',
  'wall',
  'window',
];

/** The colours that pictures of labels are drawn with: red, green, blue, 0 to 255, by class. */
export const classColours: readonly (readonly [number, number, number])[] = [
  [0, 0, 255],
  [233, 89, 48],
  [0, 218, 0],
  [149, 0, 240],
  [222, 241, 24],
  [255, 206, 206],
  [0, 224, 229],
  [106, 136, 204],
  [117, 29, 41],
  [240, 35, 235],
  [0, 167, 156],
  [249, 139, 0],
  [225, 229, 194],
];

/**
 * From the 40 classes of Gupta, Arbeláez and Malik (CVPR 2013), counted from 1, to the 13, counted from 1: the
 * table `class13Mapping.mat` of https://github.com/ankurhanda/nyuv2-meta-data
 */
const from40: readonly number[] = [
  12, 5, 6, 1, 4, 9, 10, 12, 13, 6, 8, 6, 13, 10, 6, 13, 6, 7, 7, 5, 7, 3, 2, 6, 11, 7, 7, 7, 7, 7, 7, 6, 7,
  7, 7, 7, 7, 7, 6, 7,
];

/**
 * The official file tells 894 classes apart. Gupta, Arbeláez and Malik keep 37 of them (here in the order of the 40 classes) and
 * put the others together: the table `classMapping40.mat` of https://github.com/ankurhanda/nyuv2-meta-data
 */
const kept: readonly number[] = [
  21, 11, 3, 157, 5, 83, 19, 28, 59, 88, 64, 7, 80, 36, 42, 89, 169, 119, 122, 143, 141, 4, 85, 17, 172, 15,
  135, 123, 26, 45, 331, 158, 124, 24, 144, 136, 55,
];
const otherStructure: readonly number[] = [
  8, 25, 33, 38, 51, 53, 57, 58, 62, 65, 79, 94, 104, 112, 134, 153, 215, 216, 223, 225, 238, 241, 242, 256,
  295, 301, 339, 342, 354, 363, 372, 380, 392, 408, 412, 453, 456, 463, 477, 497, 541, 550, 553, 567, 573,
  582, 591, 609, 612, 615, 642, 645, 657, 658, 659, 663, 667, 668, 686, 700, 702, 777, 778, 782, 850, 861,
  868, 874,
];
const otherFurniture: readonly number[] = [
  12, 43, 48, 50, 87, 106, 111, 161, 163, 174, 183, 204, 214, 219, 221, 224, 236, 262, 278, 291, 298, 313,
  343, 344, 356, 359, 373, 393, 401, 414, 418, 419, 430, 443, 444, 447, 448, 457, 458, 460, 462, 475, 479,
  485, 486, 493, 494, 498, 499, 509, 510, 515, 521, 524, 540, 549, 551, 554, 556, 558, 576, 580, 608, 625,
  703, 734, 770, 772, 797, 800, 803, 804, 813, 814, 815, 820, 829, 835, 858, 863, 882, 892,
];

/** How many classes the official file tells apart. */
export const officialClasses = 894;

/** Label 0 to 39 to label 0 to 12. */
export function to13(label40: number): number {
  return from40[label40]! - 1;
}

/** The official file's label, 0 (void) to 894, to label -1 to 12, as a table. */
export function officialTo13(): Int8Array {
  const otherProp = 39;
  const table = new Int8Array(officialClasses + 1).fill(to13(otherProp));
  table[0] = -1;
  for (const [index, label] of kept.entries()) table[label] = to13(index);
  for (const label of otherStructure) table[label] = to13(37);
  for (const label of otherFurniture) table[label] = to13(38);
  return table;
}
