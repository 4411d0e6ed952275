/** When a routine's groups move, in LaTeX, and when that hurts. */
export const routinePages: Readonly<Record<string, { readonly equation: string; readonly hurts: string }>> = {
  joint: {
    equation: String.raw`\theta^{(t+1)} = \theta^{(t)} - \eta_t\,\nabla_\theta \mathcal L(\theta^{(t)}) \quad\text{for every } \theta`,
    hurts:
      'It is what the others are compared with. All factors of a product move at once, so that a step moves the composed kernel by more than a plain layer’s step would: tune the learning rate anew.',
  },
  alternating: {
    equation: String.raw`t \bmod (n_c + n_f) < n_c:\ \text{core, branches, scales move};\qquad \text{else: frames move}`,
    hurts:
      'Each group gets half of the updates at the same rate, so it learns less in a run of the same length. On a method without frames (RepVGG) or without cores (FNL with two factors), half of the updates move plain parameters only; the plan’s notes say so.',
  },
  cyclic: {
    equation: String.raw`\text{block}(t) = \mathrm{cycle}\big[\lfloor t / \text{length} \rfloor \bmod \lvert\mathrm{cycle}\rvert\big], \qquad \text{all blocks for } t > (1 - \text{joint})\,T`,
    hurts:
      'A block that rests meets gradients it has not followed when it comes back; its optimiser slots begin again after `resetAfter`. Short runs see few turns of each block.',
  },
  progressive: {
    equation: String.raw`\text{plain} \;\xrightarrow{\;0.3\,T\;}\; \text{expanded} \;\xrightarrow{\;0.85\,T\;}\; \text{collapsed}`,
    hurts:
      'The network changes in the middle of the run: losses jump where a method’s norms are new, and a learning rate that drops elsewhere than at the changes wastes the stage between. The plain stages are cheaper, so that a comparison by updates is not one by time.',
  },
};
