/** A task as a network's metadata has it. */
export interface AboutTask {
  readonly name: string;
  readonly kind: string;
  readonly classes?: readonly string[];
}

/** What the metadata of a network says. */
export interface About {
  readonly role: string;
  readonly backbone?: string;
  readonly dataset?: string;
  readonly method?: string;
  readonly routine?: string;
  readonly seed?: number | string;
  readonly collapseGap?: number;
  readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly tasks?: readonly AboutTask[];
}

/** One network of the page. */
export interface PageNetwork {
  /** Its folder, which ends with a slash. */
  readonly folder: string;
  readonly about: About;
  /** `[h, w, channels]` of its input. */
  readonly shape: readonly [number, number, number];
  /** The tasks that it answers, in the order of its outputs. */
  readonly tasks: readonly AboutTask[];
}

/** What the page shows and runs. */
export interface NetworkPage {
  readonly title: string;
  readonly networks: readonly PageNetwork[];
  /** Addresses of pictures to try. */
  readonly pictures: readonly string[];
}

async function json(address: string): Promise<Record<string, unknown>> {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(
      `${address} is not beside this page (the server said ${response.status}). Write the page again: npx @overparam/browser RUN --out FOLDER`,
    );
  return (await response.json()) as Record<string, unknown>;
}

interface LayerJson {
  readonly class_name: string;
  readonly config: { readonly batch_input_shape?: readonly (number | null)[] };
}

async function readNetwork({ task, folder }: { task: string | null; folder: string }): Promise<PageNetwork> {
  const model = await json(`./${folder}/model.json`);
  const { overparam } = (model.userDefinedMetadata ?? {}) as { overparam?: About };
  const { config } = model.modelTopology as { config: { layers: readonly LayerJson[] } };
  const shape = config.layers
    .find(({ config: { batch_input_shape: given } }) => given)
    ?.config.batch_input_shape?.slice(1);
  if (shape?.length !== 3 || shape.some((side) => side === null) || shape[2] !== 3)
    throw new Error(
      `This page gives colour pictures to networks; this one takes ${JSON.stringify(shape ?? null)} instead of [height, width, 3].`,
    );
  const tasks = overparam?.tasks ?? [];
  return {
    folder: `./${folder}/`,
    about: overparam ?? { role: 'plain' },
    shape: shape as [number, number, number],
    tasks: task === null ? tasks : tasks.filter(({ name }) => name === task),
  };
}

/** Reads what stands beside the page: which networks, what they answer, how pictures become inputs. */
export async function readPage(): Promise<NetworkPage> {
  const page = await json('./networks.json');
  const listed = page.networks as readonly { task: string | null; folder: string }[];
  return {
    title: String(page.title),
    networks: await Promise.all(listed.map(readNetwork)),
    pictures: page.pictures as readonly string[],
  };
}
