/**
 * What checks options and completes them: a schema of any library that has the interface
 * [Standard Schema](https://standardschema.dev) with its part for JSON Schema, such as Zod (from 4.2 on, but not `zod/mini`) or ArkType.
 *
 * It is read from its `~standard` alone, so that the library is its author's choice, and none is installed with these
 * packages.
 */
export interface OptionsSchema<Options = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    /** Checks a value and gives it with its defaults filled in, or says all that is wrong; at once, no promise. */
    readonly validate: (value: unknown) => Validated<Options> | Promise<Validated<Options>>;
    readonly jsonSchema: {
      /** The JSON schema of what may be given, its descriptions and defaults included. */
      readonly input: (options: {
        readonly target: string;
        readonly libraryOptions?: Record<string, unknown>;
      }) => Record<string, unknown>;
    };
  };
}

/** What a schema answers: the completed options, or what is wrong with the given ones. */
export type Validated<Options> =
  | { readonly value: Options; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  /** Keys and indices that lead to it; the value itself where it is absent or empty. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
}
