/** A balancer's rule in LaTeX, and when it hurts. */
export interface BalancerPage {
  readonly equation: string;
  readonly hurts: string;
}

/**
 * By name. Symbols: losses L_i of T tasks, their gradients g_i on what is shared, weights w_i, mean gradient g_0, Gramian
 * M_ij = g_i . g_j, cosines C.
 */
export const balancerPages: Readonly<Record<string, BalancerPage>> = {
  equal: {
    equation: 'w_i = 1',
    hurts:
      'Losses of different units: the largest one decides. It costs nothing, and is what every other balancer must beat.',
  },
  static: {
    equation: 'w_i = c_i',
    hurts:
      'Weights that were right at the start are seldom right at the end, and searching them costs a run for each try.',
  },
  uncertainty: {
    equation: String.raw`\mathcal L = \sum_i \frac{L_i}{2 e^{s_i}} + \frac{s_i}{2}, \qquad w_i = \frac{1}{2 e^{s_i}}`,
    hurts:
      'A task whose loss falls to nearly nothing takes over, as its weight follows 1 / L. The small rate of s takes many updates to get anywhere: short runs stay near equal weights.',
  },
  'imtl-l': {
    equation: String.raw`\mathcal L = \sum_i e^{s_i} L_i - s_i, \qquad w_i = e^{s_i}`,
    hurts: 'As `uncertainty`: weights follow 1 / L, and a task that is nearly solved weighs most.',
  },
  dwa: {
    equation: String.raw`w = T\,\mathrm{softmax}(r / \tau), \qquad r_i = \bar L_i^{(e-1)} / \bar L_i^{(e-2)}`,
    hurts:
      'It sees rates of descent only, not scales: a loss a hundred times larger stays so. The first two epochs are equal weights.',
  },
  rlw: {
    equation: String.raw`w = \mathrm{softmax}(z), \qquad z \sim \mathcal N(0, I)`,
    hurts:
      'Noise: small batches and short runs feel it. A control more than a method: what does not beat it has found nothing.',
  },
  gls: {
    equation: String.raw`\mathcal L = \Big(\prod_i L_i\Big)^{1/T}, \qquad w_i = \frac{\mathcal L}{T\,L_i}`,
    hurts: 'A loss near zero pulls all of the gradient to its own task, and makes the others’ small.',
  },
  stch: {
    equation: String.raw`\mathcal L = T\mu \log \sum_i \exp\!\Big(\frac{p_i}{\mu}\log\frac{L_i}{z_i}\Big)`,
    hurts:
      'Runs shorter than `warmup` + 2 epochs never reach the maximum. With a small `mu` the worst task alone moves the network, and the worst changes from batch to batch.',
  },
  go4align: {
    equation: String.raw`p \leftarrow \mathrm{softmax}(\log p - \rho L), \qquad w_i = \operatorname*{mean}_{j \in \mathrm{group}(i)} \frac{p_j \sum_k L_k}{L_j}`,
    hurts: 'With few tasks there is little to group: two groups of three tasks are nearly own weights.',
  },
  famo: {
    equation: String.raw`z = \mathrm{softmax}(s), \qquad w_i = c\,\frac{z_i}{L_i}, \quad c^{-1} = \sum_j \frac{z_j}{L_j}`,
    hurts:
      'It needs the losses of the same batch once more after each update: a forward pass. Losses must have zero as their least value.',
  },
  gradnorm: {
    equation: String.raw`\min_s \sum_i \Big|\, w_i \lVert g_i\rVert - \operatorname{mean}_j (w_j \lVert g_j\rVert)\; r_i^{\alpha} \Big|, \qquad w = T\,\mathrm{softmax}(s)`,
    hurts:
      'The first batch decides what progress is measured from: an unlucky one bends the whole run. A backward pass for each task.',
  },
  'norm-equalise': {
    equation: String.raw`w_i = \left(\frac{\operatorname{mean}_j \lVert g_j\rVert^2}{\lVert g_i\rVert^2}\right)^{1/2}`,
    hurts: 'A task that is done has a short, noisy gradient, which is made as long as the others’.',
  },
  pcgrad: {
    equation: String.raw`g_i \leftarrow g_i - \frac{\min(0,\, g_i \cdot g_j)}{\lVert g_j\rVert^2}\, g_j \quad \text{for all } j \ne i \text{ in random order}`,
    hurts:
      'Only what points against another is touched: gradients of very different length stay so, and the longest decides. The result depends on the order, which is drawn.',
  },
  gradvac: {
    equation: String.raw`g_i \leftarrow g_i + \frac{\lVert g_i\rVert\big(\hat c_{ij}\sqrt{1 - c_{ij}^2} - c_{ij}\sqrt{1 - \hat c_{ij}^2}\big)}{\lVert g_j\rVert \sqrt{1 - \hat c_{ij}^2}}\; g_j \quad \text{where } c_{ij} < \hat c_{ij}`,
    hurts:
      'Wanted cosines near 1 ask for long pushes. It remembers cosines of single batches, which are noisy.',
  },
  cagrad: {
    equation: String.raw`\max_{d}\ \min_i\ g_i \cdot d \quad \text{s.t. } \lVert d - g_0\rVert \le c\,\lVert g_0\rVert`,
    hurts:
      'The worst task is the one with the least inner product, so that the units of losses matter. c near 1 forgets the mean.',
  },
  mgda: {
    equation: String.raw`\min_{w \ge 0,\ \sum w_i = 1} \Big\lVert \sum_i w_i g_i \Big\rVert^2`,
    hurts:
      'The shortest gradient gets nearly all of the weight: a task that is done, or whose loss has a small unit, stops the others. A task without a gradient stops everything shared.',
  },
  'imtl-g': {
    equation: String.raw`g \cdot \frac{g_1}{\lVert g_1\rVert} = \dots = g \cdot \frac{g_T}{\lVert g_T\rVert}, \qquad g = \sum_i w_i g_i, \quad \sum_i w_i = 1`,
    hurts:
      'Weights can be negative; where negative ones prevail the common projection is, too, and all tasks are harmed. So it is defined.',
  },
  'nash-mtl': {
    equation: String.raw`M w = 1 / w, \qquad w > 0`,
    hurts:
      'Where gradients cancel, the solution lies at infinity, and what is found depends on where a solver stops. A backward pass for each task.',
  },
  fairgrad: {
    equation: String.raw`M w = (p / w)^{1/\alpha}, \qquad w > 0`,
    hurts: 'As `nash-mtl`, which is alpha 1. A large alpha follows the worst task only.',
  },
  'aligned-mtl': {
    equation: String.raw`M = V \Lambda V^{\top}, \qquad w = \sqrt{\lambda_{\min}}\; V \Lambda^{-1/2} V^{\top} \mathbf 1`,
    hurts:
      'With `scale: min` two nearly parallel gradients make the whole update short: raise the rate, or take another `scale`.',
  },
  config: {
    equation: String.raw`d = U^{+} p, \qquad g = \Big(\sum_i g_i \cdot \tfrac{d}{\lVert d\rVert}\Big) \frac{d}{\lVert d\rVert}`,
    hurts:
      'Where gradients oppose each other on one line there is no update of what is shared. Nearly dependent gradients give a short one.',
  },
  upgrad: {
    equation: String.raw`g = \frac1T \sum_i \Pi_{K}(g_i), \qquad K = \{\, d : g_j \cdot d \ge 0 \ \text{for all } j \,\}`,
    hurts: 'Lengths are kept: a loss of a large unit still leads. A backward pass for each task.',
  },
  dualproj: {
    equation: String.raw`g = \Pi_{K}(g_0), \qquad K = \{\, d : g_j \cdot d \ge 0 \ \text{for all } j \,\}`,
    hurts:
      'The longest gradient dominates the mean that is projected: the others are not harmed, and gain little.',
  },
  'db-mtl': {
    equation: String.raw`w_i = \frac{\max_j \lVert a_j\rVert}{\lVert a_i\rVert + 10^{-8}}, \qquad a_i = \mathrm{EMA}\big(\nabla \log L_i\big)`,
    hurts:
      'It keeps a gradient for each task in memory. Losses must not be negative; one near zero has a logarithm without a floor.',
  },
  sdmgrad: {
    equation: String.raw`\min_{w \in \Delta}\ \tfrac12 \Big\lVert \sum_i (w_i + \lambda p_i)\, g_i \Big\rVert^2`,
    hurts: 'Each step computes gradients of two batches: twice the time. Shares follow slowly.',
  },
  modo: {
    equation: String.raw`w \leftarrow \Pi_{\Delta}\big(w - \gamma (A w + \rho w)\big), \qquad A_{ij} = g_i(\xi) \cdot g_j(\xi')`,
    hurts: 'Products are taken as they are: `gamma` has to fit the losses. Two batches a step.',
  },
  graddrop: {
    equation: String.raw`P = \tfrac12\Big(1 + \frac{\sum_i g_i}{\sum_i \lvert g_i\rvert}\Big), \qquad \text{keep } g_i > 0 \text{ where } P > u,\ \ g_i < 0 \text{ where } P < u, \quad u \sim U(0, 1)`,
    hurts:
      'Much of the gradient is dropped where tasks disagree: an update is noisier and shorter, and small batches feel it.',
  },
  'cr-mogm': {
    equation: String.raw`w \leftarrow \alpha\, w + (1 - \alpha)\, w'`,
    hurts:
      'Averages lag: with a large alpha the weights are those of a hundred updates ago. It costs what the averaged balancer costs.',
  },
};
