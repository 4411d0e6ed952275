/** `TriRep, cyclic` becomes `trirep-cyclic`: a name that every file system takes. */
export function slug(label: string): string {
  return (
    label
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'row'
  );
}
