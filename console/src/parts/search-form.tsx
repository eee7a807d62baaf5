import { Button, Group } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { defineWords } from '../language.ts';

const useWords = defineWords('search-form', {
  ja: { search: 'この条件で検索する', clear: '条件を消す' },
  en: { search: 'Search', clear: 'Clear' },
});

/** What a list is narrowed to: in the address, so that it can be shared and gone back to. */
export function useFilters(): {
  readonly filter: (name: string) => string | undefined;
  readonly change: (changes: Readonly<Record<string, string>>) => void;
} {
  const [search, setSearch] = useSearchParams();
  return {
    filter: (name) => search.get(name) ?? undefined,
    change: (changes) =>
      setSearch((before) => {
        const next = new URLSearchParams(before);
        for (const place of ['after', 'page']) next.delete(place);
        for (const [name, value] of Object.entries(changes)) {
          if (value.trim() === '') next.delete(name);
          else next.set(name, value.trim());
        }
        return next;
      }),
  };
}

export interface SearchFields {
  /** For a text field. */
  readonly field: (name: string) => {
    readonly value: string;
    readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
  };
  /** For a list to choose from; '' is all. */
  readonly choice: (name: string) => {
    readonly value: string;
    readonly onChange: (value: string | null) => void;
  };
}

/** Conditions that count once they are asked for: no list is read again at each letter. */
export function SearchForm({
  label,
  names,
  children,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly children: (fields: SearchFields) => ReactNode;
}) {
  const words = useWords();
  const { filter, change } = useFilters();
  const asked = JSON.stringify(names.map((name) => [name, filter(name) ?? '']));
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>({});
  useEffect(() => setDraft(Object.fromEntries(JSON.parse(asked))), [asked]);
  const value = (name: string) => draft[name] ?? '';
  const set = (name: string, text: string) => setDraft({ ...draft, [name]: text });
  const empty = Object.fromEntries(names.map((name) => [name, '']));
  return (
    <search aria-label={label} className="no-print">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change({ ...empty, ...draft });
        }}
      >
        <Group align="flex-end" gap="sm">
          {children({
            field: (name) => ({
              value: value(name),
              onChange: (event) => set(name, event.currentTarget.value),
            }),
            choice: (name) => ({
              value: value(name),
              onChange: (text) => set(name, text ?? ''),
            }),
          })}
          <Button type="submit" variant="default">
            {words('search')}
          </Button>
          {names.some((name) => filter(name) !== undefined) && (
            <Button variant="subtle" onClick={() => change(empty)}>
              {words('clear')}
            </Button>
          )}
        </Group>
      </form>
    </search>
  );
}
