import { taskFor } from '@overparam/mtl-heads';
import type { PictureLegend, Task } from '@overparam/plugin';
import { made } from '../shared/elements';
import { bars } from './bars';
import type { Answer } from './engine';
import type { AboutTask } from './network-page';

/** The task that an answer belongs to, as the package of tasks makes it. */
function taskOf({ name, kind, classes }: AboutTask, { shape }: Answer): Task {
  const outputs = shape.at(-1)!;
  const sides = shape.slice(0, -1);
  const label = classes
    ? ({ shape: sides, dtype: 'int32' } as const)
    : ({ shape: [...shape], dtype: 'float32' } as const);
  return taskFor({ name, kind, outputs, label, classes });
}

function rgb(colour: readonly number[]): string {
  return `rgb(${colour.join(' ')})`;
}

/** What the colours mean that are in the picture. */
function keyOf({ colours, scale }: PictureLegend, seen: ReadonlySet<string>): HTMLElement {
  if (scale) {
    const bar = made('i');
    bar.style.background = `linear-gradient(90deg, ${scale.stops.map(rgb).join(', ')})`;
    const end = (value: number) => made('span', { text: `${value.toFixed(2)} ${scale.unit}` });
    return made('div', { class: 'scale' }, [end(scale.from), bar, end(scale.to)]);
  }
  const shown = colours.filter(
    ({ name, colour }) => name !== 'no label' && (seen.has(rgb(colour)) || colours.length < 5),
  );
  return made(
    'ul',
    { class: 'key' },
    shown.map(({ name, colour }) => {
      const box = made('i');
      box.style.background = rgb(colour);
      return made('li', {}, [box, document.createTextNode(name)]);
    }),
  );
}

/** A picture of an answer at every pixel, as reports draw it; without a truth, a scale spans what was answered. */
function pictureOf(task: Task, { values, shape }: Answer): HTMLElement[] {
  const label = task.label.dtype === 'int32' ? new Int32Array(shape[0]! * shape[1]!) : values;
  const { prediction, legend, height, width } = task.picture!(values, label);
  const canvas = made('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${task.name} of the picture, in colours`);
  const image = new ImageData(width, height);
  const seen = new Set<string>();
  for (let pixel = 0; pixel < width * height; pixel++) {
    const colour = [0, 1, 2].map((channel) => prediction[pixel * 3 + channel]!);
    image.data.set([...colour, 255], pixel * 4);
    seen.add(rgb(colour));
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return [canvas, keyOf(legend, seen)];
}

/** One task's answer as the page shows it. */
export function answerElement(about: AboutTask, answer: Answer, alone: boolean): HTMLElement {
  const heading = alone && answer.shape.length === 1 ? [] : [made('h3', { text: about.name })];
  const task = taskOf(about, answer);
  const shown =
    task.form === 'class'
      ? [bars(answer.values, about.classes ?? [])]
      : task.form === 'dense' && task.picture
        ? pictureOf(task, answer)
        : [made('p', { text: Array.from(answer.values, (value) => value.toPrecision(4)).join(', ') })];
  return made('div', { class: 'task' }, [...heading, ...shown]);
}
