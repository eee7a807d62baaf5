import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { defineWords } from '../language.ts';
import { formatCount } from './figures.tsx';

const useWords = defineWords('chosen', {
  ja: { clear: '選択を解除する', more: 'ほか {{count}} 件' },
  en: { clear: 'Clear the choice', more: 'and {{count}} more' },
});

const none: readonly never[] = [];

/**
 * What somebody chose in a list, over its pages.
 * @param of what the list is narrowed to: under another condition nothing is chosen, for rows that are
 *   no longer seen must not be acted on
 */
export function useChosen<Row>(
  of: string,
): readonly [readonly Row[], (rows: readonly Row[]) => void] {
  const [chosen, setChosen] = useState<{ readonly of: string; readonly rows: readonly Row[] }>({
    of,
    rows: none,
  });
  if (chosen.of !== of) setChosen({ of, rows: none });
  return [chosen.of === of ? chosen.rows : none, (rows) => setChosen({ of, rows })];
}

const namesShown = 10;

/** The first of them by name: also those on other pages, before something is done to them. */
export function ChosenNames({ names }: { readonly names: readonly string[] }) {
  const words = useWords();
  const left = names.length - namesShown;
  return (
    <Text size="sm" component="div">
      {names.slice(0, namesShown).join(' / ')}
      {left > 0 && ` ${words('more', { count: formatCount(left) })}`}
    </Text>
  );
}

export function ClearChosen({ onClear }: { readonly onClear: () => void }) {
  const words = useWords();
  return (
    <Button variant="subtle" onClick={onClear}>
      {words('clear')}
    </Button>
  );
}
