import { Button, Group } from '@mantine/core';
import { type ReactNode, useState } from 'react';
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

/** Conditions that name a person: kept while the page is open, and in no address. */
export interface Kept {
  readonly values: Readonly<Record<string, string>>;
  readonly keep: (values: Readonly<Record<string, string>>) => void;
}

/** What of the kept conditions counts: empty ones do not. */
export function useKept(): Kept & { readonly kept: (name: string) => string | undefined } {
  const [values, keep] = useState<Readonly<Record<string, string>>>({});
  return { values, keep, kept: (name) => values[name]?.trim() || undefined };
}

const noneKept: Kept = { values: {}, keep: () => {} };

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

type Draft = Readonly<Record<string, string>>;

/**
 * Conditions that count once they are asked for: no list is read again at each letter.
 * @param personal names of those that stand in no address; their values are in `kept`
 */
export function SearchForm({
  label,
  names,
  personal = [],
  kept = noneKept,
  children,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly personal?: readonly string[];
  readonly kept?: Kept;
  readonly children: (fields: SearchFields) => ReactNode;
}) {
  const words = useWords();
  const { filter, change } = useFilters();
  const asked = JSON.stringify([
    ...names.map((name) => [name, filter(name) ?? '']),
    ...personal.map((name) => [name, kept.values[name] ?? '']),
  ]);
  const fresh = { over: asked, draft: Object.fromEntries(JSON.parse(asked)) as Draft };
  const [held, setHeld] = useState(fresh);
  // At once, not in an effect: nobody can type what the new conditions would then take away.
  if (held.over !== asked) setHeld(fresh);
  const { draft } = held.over === asked ? held : fresh;
  const value = (name: string) => draft[name] ?? '';
  const set = (name: string, text: string) =>
    setHeld({ over: asked, draft: { ...draft, [name]: text } });
  const ofNames = (of: readonly string[], read: (name: string) => string) =>
    Object.fromEntries(of.map((name) => [name, read(name)]));
  const ask = (read: (name: string) => string) => {
    kept.keep(ofNames(personal, read));
    change(ofNames(names, read));
  };
  const narrowed =
    names.some((name) => filter(name) !== undefined) ||
    personal.some((name) => (kept.values[name] ?? '') !== '');
  return (
    <search aria-label={label} className="no-print">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(value);
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
          {narrowed && (
            <Button variant="subtle" onClick={() => ask(() => '')}>
              {words('clear')}
            </Button>
          )}
        </Group>
      </form>
    </search>
  );
}
