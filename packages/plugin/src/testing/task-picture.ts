import type { Colour, PictureLegend, TaskPicture } from '../contracts';
import { ensure } from './runner';
import type { Trial } from './task-trial';

/** Checks the pictures of an example, also of one without any label where these can be missing. */
export function checkPicture(trial: Trial): void {
  checkOne(trial, false);
  if (trial.kit.missing !== null) checkOne(trial, true);
}

function checkOne(trial: Trial, missing: boolean): void {
  const { task } = trial;
  const { prediction, label } = trial.part(
    trial.batch(9, () => missing),
    0,
    1,
  );
  const copies = [prediction.slice(), label.slice()] as const;
  const picture = task.picture!(prediction, label);
  ensure(
    isSame(prediction, copies[0]) && isSame(label, copies[1]),
    'drawing a picture changes the prediction or the label',
  );
  const { height, width } = picture;
  const size = task.form === 'dense' ? task.label.shape.slice(0, 2) : [height, width];
  ensure(
    [height, width].join() === size.join(),
    `a picture has ${height}x${width} pixels and the label ${size.join('x')}`,
  );
  for (const part of ['truth', 'prediction'] as const) {
    const count = picture[part].length;
    ensure(count === height * width * 3, `${part} has ${count} numbers and not ${height * width * 3}`);
  }
  checkLegend(picture.legend);
  ensure(isAlike(task.picture!(...copies), picture), 'two pictures of one example differ');
}

function checkLegend({ text, colours, scale }: PictureLegend): void {
  ensure(text !== '', 'the legend has no text');
  const all = [...colours.map(({ colour }) => colour), ...(scale?.stops ?? [])];
  const isColour = (colour: Colour) =>
    colour.length === 3 && colour.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  ensure(all.every(isColour), 'the legend has a colour that is not of three whole numbers from 0 to 255');
  if (!scale) return;
  const { from, to, stops } = scale;
  ensure(from <= to && Number.isFinite(to - from), `the scale goes from ${from} to ${to}`);
  ensure(stops.length > 1, `the scale has ${stops.length} colours`);
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((value, index) => Object.is(value, b[index]));
}

function isAlike(a: TaskPicture, b: TaskPicture): boolean {
  return (
    isSame(a.truth, b.truth) &&
    isSame(a.prediction, b.prediction) &&
    JSON.stringify(a.legend) === JSON.stringify(b.legend)
  );
}
