import type { Writer } from '../writer';
import { onnx } from './onnx';
import { savedModel } from './saved-model';
import { tfjs } from './tfjs';
import { torch } from './torch';

/** All formats. */
export const writers: readonly Writer[] = [onnx, tfjs, torch, savedModel];
