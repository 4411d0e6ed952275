import type { Plugin } from '../contracts';
import { checkPluginForm, pluginKinds } from '../plugin-form';
import type { PluginKind } from '../registry';
import { type DefineTest, ensure } from './runner';

/** Checks what all parts of plugins have: `apiVersion`, a name, a summary of one line, a schema, functions. */
export function testPart(test: DefineTest, kind: PluginKind, part: { readonly name: string }): void {
  test(`${part.name}: has the form of a ${pluginKinds[kind].word}`, () => {
    const plugin: Plugin = { name: 'kit', apiVersion: 1, [pluginKinds[kind].list]: [part] };
    checkPluginForm(plugin);
    const { summary } = part as unknown as { readonly summary: string };
    ensure(!summary.includes('\n'), 'its summary is of several lines, and lists show one');
  });
}
