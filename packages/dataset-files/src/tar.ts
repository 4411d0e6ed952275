import { isOverparamError, OverparamError } from '@overparam/errors';
import type { ParsedTarEntry } from 'modern-tar';
import { refusedKind, safeName } from './names';

/** A regular file in a tar archive. */
export interface TarEntry {
  readonly name: string;
  /** A view into the archive, where that was given in one piece. */
  readonly bytes: Uint8Array;
}

/** Options of {@link readTar}. */
export interface TarOptions {
  /** The archive's name, for errors. */
  readonly what: string;
  /** The most bytes that all files together may have; nothing larger is allocated. */
  readonly limit: number;
  /** Which files are read, by name; all by default. The others are checked all the same. */
  readonly wanted?: (name: string) => boolean;
}

/**
 * The regular files of a tar archive, in order; with the extended headers of PAX and GNU. Nothing is written anywhere.
 *
 * Checked before use: header checksums, sizes against the archive's end and the limit, and names, which must stay inside
 * the folder they are unpacked in. Folders are passed over; links and devices are refused. So are sparse files in PAX
 * form; those of GNU's older form (`tar --sparse --format=gnu`) are not told from others, and come without their holes.
 *
 * @param archive  in one piece, or in pieces as they are read; of pieces, only what is wanted is kept in memory
 * @throws OverparamError `data-truncated` when the archive ends early, `data-unsafe` for names and kinds that could do
 *         harm, `data-format` for all else
 * @example
 * const files = await readTar(readGzip('scenes.tar.gz'), { what: 'scenes.tar.gz', limit: 1e9 });
 */
export async function readTar(
  archive: Uint8Array | AsyncIterable<Uint8Array>,
  { what, limit, wanted = () => true }: TarOptions,
): Promise<TarEntry[]> {
  const { createTarDecoder } = await import('modern-tar');
  const { readable, writable } = createTarDecoder({ strict: true });
  const fed = feed(archive instanceof Uint8Array ? [archive] : archive, writable.getWriter());
  const entries: TarEntry[] = [];
  let left = limit;
  try {
    for await (const { header, body } of readable) {
      const name = safeName(header.name, what);
      checkKind(header, what);
      if (header.type === 'directory' || !wanted(name)) {
        await body.cancel();
        continue;
      }
      if (header.size > left) {
        throw new OverparamError(
          'data-format',
          `${what}: with "${name}" its files have more than ${limit} bytes; more are not unpacked in memory. Unpack it with tar first.`,
        );
      }
      left -= header.size;
      entries.push({ name, bytes: await collect(body, header.size) });
    }
  } catch (error) {
    throw (await fed) ?? asFormatError(error, what);
  }
  return entries;
}

/** Gives the pieces to the decoder. @returns what was wrong with the pieces themselves */
async function feed(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<unknown> {
  // What the decoder finds wrong comes out at its other end, too.
  let refused = false;
  const give = (work: Promise<void>) =>
    work.catch(() => {
      refused = true;
    });
  try {
    for await (const piece of pieces) {
      await give(writer.write(piece));
      if (refused) return undefined;
    }
    await give(writer.close());
    return undefined;
  } catch (error) {
    await give(writer.abort(error));
    return error;
  }
}

async function collect(body: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array> {
  let whole: Uint8Array | null = null;
  let done = 0;
  for await (const piece of body) {
    if (piece.length === size) return piece;
    whole ??= new Uint8Array(size);
    whole.set(piece, done);
    done += piece.length;
  }
  return whole ?? new Uint8Array(0);
}

function checkKind({ name, type, pax = {} }: ParsedTarEntry['header'], what: string): void {
  if (type !== 'file' && type !== 'directory') throw refusedKind(name, String(type), what);
  if (Object.keys(pax).some((key) => key.startsWith('GNU.sparse.'))) {
    throw new OverparamError(
      'data-format',
      `${what}: entry "${name}" is a sparse file, which is not read. Pack it again without --sparse.`,
    );
  }
}

function asFormatError(error: unknown, what: string): unknown {
  if (isOverparamError(error) || !(error instanceof Error)) return error;
  const truncated = /truncated/.test(error.message);
  return new OverparamError(
    truncated ? 'data-truncated' : 'data-format',
    `${what}: ${truncated ? 'the tar archive ends early' : 'is damaged, or no tar archive'} (${error.message}).`,
    { cause: error },
  );
}
