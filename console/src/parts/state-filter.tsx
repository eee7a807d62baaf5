import { Select } from '@mantine/core';
import { defineWords } from '../language.ts';
import { useFilters } from './search-form.tsx';

const useWords = defineWords('state-filter', {
  ja: { show: '状態', all: 'すべて' },
  en: { show: 'State', all: 'All' },
});

/** Shows a list by its state: all at first, and `state` of the address afterwards. */
export function StateFilter<State extends string>({
  value,
  states,
  nameOf,
  width = 240,
}: {
  readonly value: State | undefined;
  readonly states: readonly State[];
  readonly nameOf: (state: State) => string;
  readonly width?: number;
}) {
  const words = useWords();
  const { change } = useFilters();
  return (
    <Select
      label={words('show')}
      w={width}
      allowDeselect={false}
      value={value ?? ''}
      data={[
        { value: '', label: words('all') },
        ...states.map((state) => ({ value: state as string, label: nameOf(state) })),
      ]}
      onChange={(state) => change({ state: state ?? '' })}
    />
  );
}
