/** A pinhole camera: focal lengths and centre, in pixels. */
export interface Camera {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/** The colour camera of NYUv2 at 640x480, to which the depth was aligned: the dataset's toolbox. */
export const officialCamera: Camera = { fx: 518.857901, fy: 519.469611, cx: 325.582449, cy: 253.736166 };

/** Pixels on each side of the window. */
const radius = 4;
/** Neighbours whose depth differs by more belong to another surface. */
const sameSurface = 0.05;
/** Fewer do not say enough about a plane. */
const fewest = 9;

/**
 * Surface normals from depth. A plane's inverse depth is linear in the image, 1/z = a u + b v + c, so that each
 * normal comes from a linear least-squares fit over a 9x9 window, restricted to depths within 5 % of the
 * centre's: n is along (fx a, fy b, c + a cx + b cy) for u and v counted from the image's corner.
 *
 * These are not the benchmark's published normals.
 *
 * @param depth  `[h, w]`, metres, 0 where it is not known
 * @returns      `[h, w, 3]` unit vectors, x right, y up, z to the viewer; 0 where there is none
 */
export function planeNormals(
  depth: Float32Array,
  height: number,
  width: number,
  camera: Camera,
): Float32Array {
  const normals = new Float32Array(height * width * 3);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const plane = fitPlane(depth, height, width, u, v);
      if (plane === null) continue;
      const [a, b, c] = plane;
      // c belongs to coordinates counted from (u, v).
      const nx = a * camera.fx;
      const ny = b * camera.fy;
      const nz = c - a * (u - camera.cx) - b * (v - camera.cy);
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
      // In the camera's frame (y down, z away) this points away from the viewer: turn it round, and y up.
      const at = (v * width + u) * 3;
      normals[at] = -nx / length;
      normals[at + 1] = ny / length;
      normals[at + 2] = nz / length;
    }
  }
  return normals;
}

const solution: [number, number, number] = [0, 0, 0];

/** `[a, b, c]` of 1/z around `(u, v)`; null where depth is missing or the pixels lie on one line. */
function fitPlane(
  depth: Float32Array,
  height: number,
  width: number,
  u: number,
  v: number,
): readonly [number, number, number] | null {
  const centre = depth[v * width + u]!;
  if (!(centre > 0)) return null;
  const reach = centre * sameSurface;
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  let sq = 0;
  let sxq = 0;
  let syq = 0;
  for (let y = Math.max(0, v - radius); y <= Math.min(height - 1, v + radius); y++) {
    for (let x = Math.max(0, u - radius); x <= Math.min(width - 1, u + radius); x++) {
      const z = depth[y * width + x]!;
      if (!(z > 0) || Math.abs(z - centre) > reach) continue;
      const dx = x - u;
      const dy = y - v;
      const q = 1 / z;
      n++;
      sx += dx;
      sy += dy;
      sxx += dx * dx;
      sxy += dx * dy;
      syy += dy * dy;
      sq += q;
      sxq += dx * q;
      syq += dy * q;
    }
  }
  if (n < fewest) return null;
  const xx = sxx - (sx * sx) / n;
  const xy = sxy - (sx * sy) / n;
  const yy = syy - (sy * sy) / n;
  const xq = sxq - (sx * sq) / n;
  const yq = syq - (sy * sq) / n;
  const determinant = xx * yy - xy * xy;
  if (!(determinant > 1e-6 * xx * yy)) return null;
  const a = (xq * yy - yq * xy) / determinant;
  const b = (yq * xx - xq * xy) / determinant;
  solution[0] = a;
  solution[1] = b;
  solution[2] = (sq - a * sx - b * sy) / n;
  return solution;
}
