import { type Side, SIDES } from '../domain/trial.ts';

const HEAD_FIRST: readonly Side[] = ['head', 'base'];

/** Both sides, `first` before the other. */
export function sidesFrom(first: Side): readonly Side[] {
  return first === 'base' ? SIDES : HEAD_FIRST;
}
