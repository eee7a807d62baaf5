import { Kbd, Modal, Table } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { defineWords } from './language.ts';
import { navigation, useNavigationWords } from './navigation.ts';
import { useCloseButton } from './parts/close-button.ts';
import { useMerchant } from './places.ts';

const useWords = defineWords('shortcuts', {
  ja: {
    title: 'キーボード操作',
    help: 'この一覧を開く',
    search: 'ページ内の検索欄へ',
    close: '開いているものを閉じる',
    next: '次の項目へ',
    before: '前の項目へ。ページを開いた直後は、本文からメニューへ戻る',
    press: 'ボタンやリンクを押す',
    scroll: '選んだ表を左右に動かす',
  },
  en: {
    title: 'Keyboard',
    help: 'Open this list',
    search: 'To the search field of the page',
    close: 'Close what is open',
    next: 'To the next item',
    before: 'To the item before; where a page begins, back to the menu',
    press: 'Press a button or a link',
    scroll: 'Move a table that is chosen',
  },
});

/** Time in which the second key of a pair must follow. */
const pairMs = 1200;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** The page's search; where it has none, its first field. */
const searchFields = ['main search input:not([type="hidden"])', 'main input:not([type="hidden"])'];

/** While a dialog stands before the page, keys that lead elsewhere would leave what is typed in it. */
const isCovered = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null;

/** Keys that browsers and screen readers have everywhere, told for who does not know them. */
const everywhere = [
  ['Tab', 'next'],
  ['Shift + Tab', 'before'],
  ['Enter', 'press'],
  ['← →', 'scroll'],
  ['Esc', 'close'],
] as const;

/** `g` and a letter goes to a page, `/` to its search field, `?` lists them all. */
export function Shortcuts({
  opened,
  onOpen,
  onClose,
}: {
  readonly opened: boolean;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const closeButton = useCloseButton();
  const pageWords = useNavigationWords();
  const { place } = useMerchant();
  const navigate = useNavigate();
  const beganAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isCovered()) return;
      const entry = navigation.find(({ key }) => key === event.key);
      if (event.key === '?') onOpen();
      else if (event.key === '/') {
        const field = searchFields
          .map((found) => document.querySelector<HTMLElement>(found))
          .find((found) => found !== null);
        if (field === undefined) return;
        event.preventDefault();
        field.focus();
      } else if (entry !== undefined && event.timeStamp - beganAt.current < pairMs) {
        void navigate(place(...entry.steps));
      }
      beganAt.current = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [navigate, place, onOpen]);
  return (
    <Modal opened={opened} onClose={onClose} title={words('title')} closeButtonProps={closeButton}>
      <Table>
        <Table.Tbody>
          {navigation.map(({ word, key }) => (
            <Table.Tr key={key}>
              <Table.Td>
                <Kbd>g</Kbd> <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{pageWords(word)}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Td>
              <Kbd>/</Kbd>
            </Table.Td>
            <Table.Td>{words('search')}</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Td>
              <Kbd>?</Kbd>
            </Table.Td>
            <Table.Td>{words('help')}</Table.Td>
          </Table.Tr>
          {everywhere.map(([keys, word]) => (
            <Table.Tr key={keys}>
              <Table.Td>
                <Kbd>{keys}</Kbd>
              </Table.Td>
              <Table.Td>{words(word)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
