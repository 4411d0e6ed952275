import { OverparamError } from '@overparam/errors';
import type { Head, NetworkTask, TaskForm } from './contracts';

/** A backbone's own heads, for tasks that bring none; a form that is left out has none. */
export type OwnHeads = Readonly<Partial<Record<TaskForm, Head>>>;

/**
 * The head of a task: the one that it brings, or else the backbone's own for its form.
 *
 * @param backbone  its name, for the message
 * @throws OverparamError `unsupported-head` for a head that does not fit the task, and where there is none
 */
export function headOf(backbone: string, task: NetworkTask, own: OwnHeads): Head {
  const { name, form } = task;
  const refusal = (message: string) => new OverparamError('unsupported-head', `[${backbone}] ${message}`);
  const head = task.head ?? own[form];
  if (head === undefined) {
    throw refusal(
      `task "${name}" is of form ${form}, for which this backbone has no head of its own. Give the task a head that serves it.`,
    );
  }
  // A head that is written in JavaScript may lack what no compiler has asked for.
  const { forms = [] } = head;
  if (!forms.includes(form)) {
    throw refusal(
      `the head "${head.name}" does not fit task "${name}": it serves tasks of form ${forms.join(' or ') || 'none'}, and this one is of form ${form}. Choose another head, or none for the backbone's own.`,
    );
  }
  const verdict = head.supports?.(task) ?? true;
  if (verdict === true) return head;
  throw refusal(`the head "${head.name}" does not fit task "${name}": ${verdict}.`);
}
