import { OverparamError } from '@overparam/errors';

/**
 * The name of an archive's entry, without `.` and empty parts, if it stays in the folder that the archive is unpacked
 * in, on every system.
 *
 * @param what  the archive's name, for errors
 * @throws OverparamError `data-unsafe`
 */
export function safeName(name: string, what: string): string {
  const parts = name.split('/');
  const unsafe =
    name === '' || name.startsWith('/') || /[\\:]/.test(name) || hasControl(name) || parts.includes('..');
  if (unsafe) {
    throw new OverparamError(
      'data-unsafe',
      `${what}: entry name ${JSON.stringify(name)} could leave the folder; nothing was unpacked. ` +
        'Do not use this archive; get it from its publisher.',
    );
  }
  return parts.filter((part) => part !== '.' && part !== '').join('/');
}

/** The error for an entry that is no file and no folder. */
export function refusedKind(name: string, kind: string, what: string): OverparamError {
  return new OverparamError(
    'data-unsafe',
    `${what}: entry "${name}" is a ${kind}; only files and folders are read.`,
  );
}

function hasControl(name: string): boolean {
  return [...name].some((character) => character.charCodeAt(0) < 32);
}
