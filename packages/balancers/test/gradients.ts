/** Inner products of the rows. */
export function gramianOf(rows: readonly (readonly number[])[]): number[][] {
  return rows.map((a) => rows.map((b) => dot(a, b)));
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

/** The weighted sum of the rows. */
export function combine(rows: readonly (readonly number[])[], weights: readonly number[]): number[] {
  return rows[0]!.map((_, k) => rows.reduce((sum, row, task) => sum + weights[task]! * row[k]!, 0));
}
