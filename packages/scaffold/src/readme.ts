import { type ScaffoldKind, scaffoldKinds } from './kinds';

const guides = 'https://github.com/overparam/overparam/blob/main/docs/';

/** The page in the new folder: what is there, and the three commands that it is for. */
export function readmeOf(kind: ScaffoldKind, name: string): string {
  const { is, guide } = scaffoldKinds[kind];
  return `# ${name}

This is ${is}. It works as it stands: change [src/${name}.ts](src/${name}.ts) piece by piece, and let the kit say when
something breaks. [The guide](${guides}${guide}) explains every line.

Compare it with what it is to be compared with, as [config.yaml](config.yaml) says, and look at the page that this writes:

\`\`\`sh
npx @overparam/runner compare config.yaml --out runs/${name}
\`\`\`

Install what the kit and your editor need, check it against the rules of its kind, and check its types:

\`\`\`sh
npm install
npm test
npm run types
\`\`\`

A config elsewhere names the plugin by its path, \`plugins: ["./path/to/${name}/src/plugin.ts"]\`.
`;
}
