import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';

/**
 * Opens a zip archive with the library's own settings for what is checked.
 *
 * The library asks for places that no file has where the archive's directory is damaged, and Node.js throws at some of
 * them, beside all handlers; here they are the end of the file.
 */
export async function openZipFile(path: string): Promise<ZipFile> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  const reader = new FileReader(handle, size);
  return fromRandomAccessReaderPromise(reader, size, { autoClose: false, strictFileNames: true }).catch(
    async (error) => {
      await handle.close();
      throw error;
    },
  );
}

/** What is read where the file has ended. */
const ended = () => new Error('unexpected EOF');
const pieceBytes = 1 << 16;

class FileReader extends RandomAccessReader {
  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
  ) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, got?: number) => void,
  ): void {
    if (!(position >= 0 && position + length <= this.size)) {
      callback(ended());
      return;
    }
    const got = this.handle.read(buffer, offset, length, position);
    got.then(({ bytesRead }) => callback(null, bytesRead), callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.pieces(start, end));
  }

  private async *pieces(start: number, end: number): AsyncGenerator<Buffer, void> {
    if (!(start >= 0 && end <= this.size)) throw ended();
    for (let at = start; at < end; ) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, end - at));
      const { bytesRead } = await this.handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw ended();
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  override close(callback: (error: Error | null) => void): void {
    this.handle.close().then(() => callback(null), callback);
  }
}
