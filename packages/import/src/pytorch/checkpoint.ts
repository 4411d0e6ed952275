import { openZip, type ZipArchive } from '@overparam/dataset-files';
import { isOverparamError, OverparamError } from '@overparam/errors';
import type { Numbers, SourceTensor, StateDict } from '../tensors';
import { readPickle } from './pickle';
import type { PickleStorage } from './pickle-values';
import { findStateDict, withoutWrappers } from './state-dict';
import { numbersOf, Views, widths } from './storages';

/** The longest pickle that is read: names, shapes and places of some hundred thousand tensors. */
const longestPickle = 2 ** 25;

/** What of a checkpoint is read. */
export interface CheckpointOptions {
  /** The entry of the checkpoint to take, where several hold tensors, such as `model_ema`. */
  readonly key?: string;
}

/**
 * Reads the tensors of a PyTorch checkpoint, as `torch.save(model.state_dict(), path)` writes it since version 1.6: a zip
 * archive with a pickle and one member for each storage. Nothing in it is executed; a pickle that asks for anything but
 * tensors is refused.
 *
 * @returns names in the file's order, without the prefixes `module.` and `_orig_mod.` where all have them; half precision
 *          is widened without loss, tensors that are no plain part of their storage are copied
 * @throws OverparamError `checkpoint-invalid`, `pickle-refused`, `pickle-invalid`, `no-state-dict`,
 *         `ambiguous-state-dict`, `unknown-key`, and `data-truncated`, `data-unsafe`, `data-format` or `data-checksum` for
 *         the archive
 * @example
 * const tensors = await readCheckpoint('resnet50.pth');
 * console.log(tensors.get('conv1.weight')!.shape); // [64, 3, 7, 7]
 */
export async function readCheckpoint(path: string, options: CheckpointOptions = {}): Promise<StateDict> {
  const archive = await openZip(path);
  const folder = folderOf(archive);
  await checkByteOrder(archive, folder);
  const member = archive.members.get(`${folder}data.pkl`)!;
  if (member.compression !== 0) throw invalid(path, 'its pickle is packed, and PyTorch packs none');
  const pickle = await archive.bytes(member, longestPickle);
  const tensors = withoutWrappers(findStateDict(readPickle(pickle, path), options.key, path));
  const storages = new Map<string, Numbers>();
  let stored = 0;
  for (const { storage } of tensors.values()) {
    const known = storages.get(storage.key);
    if (known) continue;
    const numbers = await readStorage(archive, folder, storage);
    stored += numbers.length;
    storages.set(storage.key, numbers);
  }
  const types = new Map([...tensors.values()].map(({ storage }) => [storage.key, storage.type]));
  const views = new Views(stored, path);
  const read = new Map<string, SourceTensor>();
  for (const [name, tensor] of tensors) {
    if (types.get(tensor.storage.key) !== tensor.storage.type)
      throw invalid(path, 'one storage has two types');
    read.set(name, views.take(name, tensor, storages.get(tensor.storage.key)!));
  }
  return read;
}

/** Whether a file begins as one of PyTorch's before version 1.6, a pickle outside of any archive. */
export function isOldCheckpoint(start: Uint8Array): boolean {
  return start[0] === 0x80 && start[1] === 2 && start[2] === 0x8a && start[3] === 10;
}

/** The error for a checkpoint of the old form. */
export function oldCheckpoint(path: string): OverparamError {
  return new OverparamError(
    'checkpoint-invalid',
    `${path}: it is a checkpoint in the form of before PyTorch 1.6. Save it anew there: torch.save(torch.load("old.pth", weights_only=True), "new.pth").`,
  );
}

/** The folder in the archive that all of a checkpoint lies in, with its slash. */
function folderOf({ file, members }: ZipArchive): string {
  const pickles = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw invalid(file, `it has ${pickles.length} files "data.pkl", and one is expected`);
  const folder = pickles[0]!.slice(0, -'data.pkl'.length);
  if (members.has(`${folder}constants.pkl`)) {
    throw invalid(
      file,
      'it is a TorchScript program and no checkpoint. Save its tensors in PyTorch: torch.save(torch.jit.load("model.pt").state_dict(), "weights.pth")',
    );
  }
  return folder;
}

async function checkByteOrder(archive: ZipArchive, folder: string): Promise<void> {
  const member = archive.members.get(`${folder}byteorder`);
  if (!member) return;
  const order = (await archive.bytes(member, 16)).toString('latin1');
  if (order !== 'little')
    throw invalid(archive.file, `its byte order is ${JSON.stringify(order)}, and "little" is read`);
}

async function readStorage(
  archive: ZipArchive,
  folder: string,
  { type, key, count }: PickleStorage,
): Promise<Numbers> {
  const member = archive.members.get(`${folder}data/${key}`);
  const bytes = count * widths[type]!;
  if (!member) throw invalid(archive.file, `it has no storage ${JSON.stringify(key.slice(0, 80))}`);
  if (member.size !== bytes) {
    throw invalid(
      archive.file,
      `storage ${JSON.stringify(key.slice(0, 80))} of ${count} numbers of type ${type} takes ${bytes} bytes, and has ${member.size}`,
    );
  }
  // An archive that unpacks a small member to gigabytes is no checkpoint: PyTorch stores numbers as they are.
  if (member.compression !== 0) {
    throw invalid(
      archive.file,
      `storage ${JSON.stringify(key.slice(0, 80))} is packed, and PyTorch packs none`,
    );
  }
  try {
    return numbersOf(type, await archive.bytes(member, bytes));
  } catch (error) {
    if (isOverparamError(error)) throw error;
    throw invalid(archive.file, `storage ${JSON.stringify(key.slice(0, 80))} cannot be read`);
  }
}

function invalid(path: string, problem: string): OverparamError {
  return new OverparamError(
    'checkpoint-invalid',
    `${path}: expected a checkpoint of PyTorch, but ${problem}. Fetch it again, or save it again.`,
  );
}
