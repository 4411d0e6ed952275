import { OverparamError } from '@overparam/errors';
import type { Site } from '@overparam/plugin';
import { inputChannels } from '../algebra/geometry';
import type { Branch, BranchStep } from './branch-space';

const operations: readonly unknown[] = ['convolution', 'identity', 'average'];

/**
 * Checks that branches can be summed to a kernel of the site.
 *
 * @throws OverparamError `method-broken`, naming the branch
 */
export function checkBranches(site: Site, branches: readonly Branch[]): void {
  const refuse = (what: string) =>
    new OverparamError(
      'method-broken',
      `branchSpace for layer "${site.name}": ${what}. This is a mistake in the method.`,
    );
  if (!Array.isArray(branches) || branches.length === 0) throw refuse('there are no branches');
  const names = new Set<string>();
  for (const { name, steps } of branches) {
    const where = `branch "${name}"`;
    if (names.has(name)) throw refuse(`there are two branches "${name}"`);
    names.add(name);
    if (!Array.isArray(steps) || steps.length === 0) throw refuse(`${where} has no steps`);
    const stepNames = steps.map((step) => step.name ?? '');
    if (new Set(stepNames).size < steps.length)
      throw refuse(`${where} has two steps of one name; give each of several a name of its own`);
    let channels = inputChannels(site);
    for (const [index, step] of steps.entries()) {
      const fault = faultOf(step, index === steps.length - 1, site) ?? identityFault(step, channels);
      if (fault) throw refuse(`${where}, step ${index + 1} ${fault}`);
      if (step.operation === 'convolution') channels = step.channels;
    }
    if (channels !== site.kernelShape[3])
      throw refuse(`${where} ends in ${channels} channels (expected ${site.kernelShape[3]})`);
  }
}

/** What is wrong with a step, or null. */
function faultOf(step: BranchStep, last: boolean, { kernelShape, groups = 1 }: Site): string | null {
  const { operation, norm } = step;
  if (!operations.includes(operation))
    return `has the operation ${JSON.stringify(operation)} (expected convolution, identity or average)`;
  if (typeof norm !== 'boolean') return `says norm: ${JSON.stringify(norm)} (expected true or false)`;
  if (step.operation === 'average' && !last)
    return 'is an average (expected a 1x1 convolution or the identity of all steps but the last)';
  if (step.operation === 'convolution' && !(Number.isInteger(step.channels) && step.channels > 0))
    return `has ${JSON.stringify(step.channels)} channels (expected a whole number above 0)`;
  if (step.operation === 'convolution' && step.channels % groups !== 0)
    return `has ${step.channels} channels, which ${groups} groups do not share evenly`;
  const size: unknown = step.operation === 'identity' ? [1, 1] : step.size;
  if (!Array.isArray(size) || size.length !== 2 || !size.every((side) => Number.isInteger(side) && side > 0))
    return `has the size ${JSON.stringify(size)} (expected [height, width] in pixels)`;
  const [h, w] = size as [number, number];
  if (!last)
    return h === 1 && w === 1 ? null : `looks at ${h}x${w} pixels (expected 1x1 of all steps but the last)`;
  const [kh, kw] = kernelShape;
  const centred = [kh - h, kw - w].every((rest) => rest >= 0 && rest % 2 === 0);
  return centred ? null : `has the size ${h}x${w}, which has no place in the middle of ${kh}x${kw}`;
}

function identityFault(step: BranchStep, channels: number): string | null {
  if (step.operation !== 'convolution' || !step.aroundIdentity) return null;
  const fits = step.channels === channels && step.size.every((side) => side === 1);
  return fits
    ? null
    : `is around the identity, with ${step.size.join('x')} pixels from ${channels} to ${step.channels} channels (expected 1x1, and as many as come in)`;
}
