import { OverparamError } from '@overparam/errors';

const block = 512;

/** A regular file in a tar archive; `bytes` is a view into the archive. */
export interface TarEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The regular files of a POSIX ustar archive, in order. Nothing is written anywhere.
 *
 * Checked before use: header checksums, sizes against the archive's end, and names, which must stay inside
 * the folder they are unpacked in. Folders are passed over; links, devices and extended headers are refused,
 * as the archives this is for have none.
 *
 * @param what  the archive's name, for errors
 * @throws OverparamError `data-truncated` when the archive ends early, `data-format` for all else
 */
export function readTar(archive: Uint8Array, what: string): TarEntry[] {
  const entries: TarEntry[] = [];
  let at = 0;
  for (;;) {
    if (at + block > archive.length) throw truncated(what, at, archive.length);
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return entries;
    checkHeader(header, what, at);
    const name = safeName(header, what);
    const size = octal(header.subarray(124, 136), what, name);
    const start = at + block;
    if (start + size > archive.length) throw truncated(what, start + size, archive.length);
    const type = String.fromCharCode(header[156]!);
    if (type === '0' || type === '\0') entries.push({ name, bytes: archive.subarray(start, start + size) });
    else if (type !== '5') {
      throw new OverparamError(
        'data-format',
        `${what}: entry "${name}" is of tar type "${type}"; only files and folders are read.`,
      );
    }
    at = start + Math.ceil(size / block) * block;
  }
}

function truncated(what: string, needed: number, length: number): OverparamError {
  return new OverparamError(
    'data-truncated',
    `${what}: the tar archive ends after ${length} bytes, expected more than ${needed}.`,
  );
}

/** The sum of a header's bytes, its own field counted as spaces, stands in the header. */
function checkHeader(header: Uint8Array, what: string, at: number): void {
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!;
  if (octal(header.subarray(148, 156), what, `at byte ${at}`) !== sum) {
    throw new OverparamError(
      'data-format',
      `${what}: no valid tar header at byte ${at}; the archive is damaged or not a tar file.`,
    );
  }
}

function octal(field: Uint8Array, what: string, name: string): number {
  const digits = text(field).trim();
  if (!/^[0-7]{1,12}$/.test(digits)) {
    throw new OverparamError(
      'data-format',
      `${what}: entry "${name}" has the number field "${digits}", expected octal digits.`,
    );
  }
  return Number.parseInt(digits, 8);
}

function safeName(header: Uint8Array, what: string): string {
  const ustar = text(header.subarray(257, 262)) === 'ustar';
  const prefix = ustar ? text(header.subarray(345, 500)) : '';
  const name = (prefix === '' ? '' : `${prefix}/`) + text(header.subarray(0, 100));
  const parts = name.split('/');
  const unsafe =
    name === '' || name.startsWith('/') || /[\\:]/.test(name) || hasControl(name) || parts.includes('..');
  if (unsafe) {
    throw new OverparamError(
      'data-format',
      `${what}: entry name ${JSON.stringify(name)} could leave the folder; nothing was unpacked.`,
    );
  }
  return parts.filter((part) => part !== '.' && part !== '').join('/');
}

function hasControl(name: string): boolean {
  return [...name].some((character) => character.charCodeAt(0) < 32);
}

/** Up to the first zero byte. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1');
}
