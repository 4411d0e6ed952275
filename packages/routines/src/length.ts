import { type Length, lengthSchema } from '@overparam/engine';
import { checkOptions, jsonSchemaOf } from '@overparam/plugin';
import * as z from 'zod';

/** A length of training, for the schemas of routines: the engine's own schema as a part of another one. */
export const length = z
  .unknown()
  .superRefine((value, context) => {
    for (const { path, message } of checkOptions(lengthSchema, value).problems ?? []) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .meta(jsonSchemaOf(lengthSchema)) as unknown as z.ZodType<Length, Length>;
