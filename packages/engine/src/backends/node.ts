/** Whether this is Node (or a runtime that has its modules). */
export function inNode(): boolean {
  return typeof process !== 'undefined' && process.versions?.node !== undefined;
}

/** Whether an error says that the module itself - not one that it needs - is not installed. */
export function isMissing(error: unknown, specifier: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const missing =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || code === 'ERR_RESOLVE_PACKAGE_ENTRY';
  return (
    (missing || /failed to (load|resolve)|cannot find/i.test(String(message))) &&
    String(message).includes(specifier)
  );
}

/**
 * Node's own modules, by names that no bundler takes for something to put into a page.
 *
 * @example
 * const { dirname } = await importOfNode<typeof import('node:path')>('node:path');
 */
export async function importOfNode<Module>(name: `node:${string}`): Promise<Module> {
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as Module;
}

/** Imports a package that may not be installed, which is why its name is not written as an import. */
export async function importOptional(specifier: string): Promise<Record<string, unknown> | null> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier)) as Record<string, unknown>;
  } catch (error) {
    if (isMissing(error, specifier)) return null;
    throw error;
  }
}
