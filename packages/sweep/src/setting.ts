/** Values by the path of their key: `{ lr: 0.1, 'method.rankScale': 2 }`. */
export type Setting = Readonly<Record<string, unknown>>;

/** A value as people write it. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `lr 0.1, method.rankScale 2`. */
export function settingText(setting: Setting): string {
  return Object.entries(setting)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(', ');
}

/** Whether two settings are the same; both have the same keys in the same order. */
export function isSame(a: Setting, b: Setting): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Every combination of the values of some keys, the last key varying fastest. */
export function combinations(lists: Readonly<Record<string, readonly unknown[]>>): Setting[] {
  return Object.entries(lists).reduce<Setting[]>(
    (settings, [key, values]) =>
      settings.flatMap((setting) => values.map((value) => ({ ...setting, [key]: value }))),
    [{}],
  );
}

/**
 * Orders settings by their values, key by key: numbers by size, others by their place in the list of what is tried.
 *
 * @param lists  what is tried
 */
export function compareSettings(
  a: Setting,
  b: Setting,
  lists: Readonly<Record<string, readonly unknown[] | object>>,
): number {
  for (const key of Object.keys(a)) {
    const [x, y] = [a[key], b[key]];
    const list = lists[key];
    const place = (value: unknown) =>
      Array.isArray(list) ? list.findIndex((other) => JSON.stringify(other) === JSON.stringify(value)) : 0;
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : place(x) - place(y);
    if (order !== 0) return order;
  }
  return 0;
}
