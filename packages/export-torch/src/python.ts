/** Functions of the Python file, by what calls them. */
const helpers: Readonly<Record<string, string>> = {
  max_pool: `
def max_pool(x, size, stride, around):
    """Max-pooling; what lies around the image, (left, right, top, bottom), loses against everything in it."""
    return F.max_pool2d(F.pad(x, around, value=float('-inf')), size, stride)
`,
  average_pool: `
def average_pool(x, size, stride, around):
    """Average pooling over the pixels that are in the image."""
    inside = F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), around), size, stride)
    return F.avg_pool2d(F.pad(x, around), size, stride) / inside
`,
  unit_length: `
def unit_length(x, dim):
    """Vectors of length 1; those without a direction become zero."""
    squares = x.square().sum(dim, keepdim=True)
    some = squares > 1e-24
    return torch.where(some, x / torch.where(some, squares, torch.ones_like(squares)).sqrt(), torch.zeros_like(x))
`,
  expert_selection: `
def expert_selection(z, w, gamma):
    """Weights of experts: each selector chooses one by binary digits; a softmax weighs the selectors."""
    t = z.reshape(len(z), w.shape[1], -1).clamp(-gamma / 2, gamma / 2)
    on = -2 / gamma**3 * t**3 + 3 / (2 * gamma) * t + 0.5
    parts = torch.ones_like(on[..., :1])
    for digit in range(on.shape[2]):
        one = on[..., digit, None, None]
        parts = (parts[..., None] * torch.cat([1 - one, one], -1)).flatten(2)
    return (parts * w.softmax(1)[..., None]).sum(1)
`,
  Vector: `
class Vector(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.vector = nn.Parameter(torch.empty(count))

    def forward(self):
        return self.vector[None]
`,
  Factors: `
class Factors(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.factors = nn.Parameter(torch.empty(count))
`,
};

/** What the Python file is made of. */
export interface PythonParts {
  readonly title: string;
  readonly weightsFile: string;
  readonly modules: readonly { readonly path: string; readonly code: string }[];
  readonly inputs: readonly { readonly name: string; readonly variable: string }[];
  readonly lines: readonly string[];
  readonly outputs: readonly { readonly name: string; readonly variable: string }[];
}

const quoted = (text: string) => JSON.stringify(text);

/** The Python file that builds the network of plain PyTorch and loads its weights. */
export function pythonFile({ title, weightsFile, modules, inputs, lines, outputs }: PythonParts): string {
  const body = lines.join('\n');
  const used = Object.entries(helpers).filter(([name]) =>
    new RegExp(`\\b${name}\\(`).test(`${body}\n${modules.map(({ code }) => code).join('\n')}`),
  );
  return `"""${title}

Images have their channels first, [n, c, h, w]. Use it as

    from network import load
    network = load('${weightsFile}')
    outputs = network(${inputs.map(({ name }) => pythonArgument(name)).join(', ')})   # a dict by name

or run it on a file of inputs: python network.py WEIGHTS INPUTS OUTPUTS, all of them safetensors.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

${used.map(([, code]) => `${code.trimStart()}\n`).join('\n')}
class Network(nn.Module):
    inputs = [${inputs.map(({ name }) => quoted(name)).join(', ')}]

    def __init__(self):
        super().__init__()
${modules.map(({ path, code }) => `        self.put(${quoted(path)}, ${code})`).join('\n') || '        pass'}

    def put(self, path, module):
        *parents, name = path.split('.')
        place = self
        for parent in parents:
            if not hasattr(place, parent):
                place.add_module(parent, nn.Module())
            place = getattr(place, parent)
        place.add_module(name, module)

    def forward(self, ${inputs.map(({ variable }) => variable).join(', ')}):
        at = self.get_submodule
${lines.map((line) => `        ${line}`).join('\n')}
        return {${outputs.map(({ name, variable }) => `${quoted(name)}: ${variable}`).join(', ')}}


def load(weights):
    """The network with its weights, ready for inference."""
    network = Network()
    network.load_state_dict(load_file(weights), strict=True)
    return network.eval()


if __name__ == '__main__':
    import sys

    weights, source, target = sys.argv[1:]
    given = load_file(source)
    with torch.no_grad():
        outputs = load(weights)(*(given[name] for name in Network.inputs))
    save_file({name: value.contiguous().clone() for name, value in outputs.items()}, target)
`;
}

const pythonArgument = (name: string) => name.replace(/[^A-Za-z0-9_]/g, '_');
