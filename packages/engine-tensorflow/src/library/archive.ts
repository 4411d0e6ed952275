import { openZip, type ZipArchive, type ZipMember } from '@overparam/dataset-files';
import { isOverparamError, OverparamError } from '@overparam/errors';

/** No text in a wheel comes near this; bytes. */
const longestText = 2 ** 26;

/** What is wrong with an archive, as what is wrong with a wheel. */
function asWheelError(error: unknown): unknown {
  if (!isOverparamError(error)) return error;
  if (error.code === 'data-unsafe')
    return new OverparamError('wheel-invalid', error.message, { cause: error });
  return new OverparamError(
    'wheel-truncated',
    `This is not a whole wheel: ${error.message} Download it again; a wheel that was cut while downloading looks like this.`,
    { cause: error },
  );
}

/**
 * Opens a wheel's zip archive.
 *
 * @throws OverparamError `wheel-truncated` where it is none, or not whole; `wheel-invalid` where it has names or links
 *   that could do harm
 */
export async function openArchive(file: string): Promise<ZipArchive> {
  return openZip(file).catch((error) => {
    throw asWheelError(error);
  });
}

/**
 * The bytes of a member, unpacked as they are read. More than its directory says are never given.
 *
 * @throws OverparamError `wheel-truncated` where they are cut, damaged, or of another size than the directory says;
 *   `wheel-unsupported` for other compressions than deflate
 */
export async function* readMember(archive: ZipArchive, member: ZipMember): AsyncGenerator<Buffer, void> {
  const { name, encrypted, compression } = member;
  if (encrypted || (compression !== 0 && compression !== 8)) {
    throw new OverparamError(
      'wheel-unsupported',
      `${archive.file}: ${name} is ${encrypted ? 'encrypted' : `packed by method ${compression}`}; ` +
        "a wheel's files are stored or deflated.",
    );
  }
  try {
    yield* archive.read(member);
  } catch (error) {
    throw asWheelError(error);
  }
}

/** A member as text. */
export async function readText(archive: ZipArchive, member: ZipMember): Promise<string> {
  if (member.size > longestText) {
    throw new OverparamError(
      'wheel-invalid',
      `${archive.file}: ${member.name} has ${member.size} bytes, expected ${longestText} at most. Take a wheel as it was published.`,
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of readMember(archive, member)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
