import type { Backbone, HeadKind } from './backbone';
import type { Balancer } from './balancer';
import type { Dataset } from './dataset';
import type { Method } from './method';
import type { Regulariser } from './regulariser';
import type { Routine } from './routine';
import type { TaskKind } from './task-kind';

/** What a package adds: plain values, registered by one call or named in a config's `plugins`. */
export interface Plugin {
  /** The package's name. */
  readonly name: string;
  readonly apiVersion: 1;
  // biome-ignore lint/suspicious/noExplicitAny: options of different methods differ; each schema guards its own.
  readonly methods?: readonly Method<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly routines?: readonly Routine<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly backbones?: readonly Backbone<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly datasets?: readonly Dataset<any, any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly balancers?: readonly Balancer<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly regularisers?: readonly Regulariser<any>[];
  /** Kinds of tasks, for datasets to declare. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly tasks?: readonly TaskKind<any>[];
  /** Heads, for a config's `heads`. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly heads?: readonly HeadKind<any>[];
}
