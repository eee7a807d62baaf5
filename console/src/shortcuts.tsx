import { Kbd, Modal, Table } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { defineWords } from './language.ts';
import { navigation, useNavigationWords } from './navigation.ts';
import { useCloseButton } from './parts/close-button.ts';
import { useMerchant } from './places.ts';

const useWords = defineWords('shortcuts', {
  ja: { title: 'キーボード操作', help: 'この一覧を開く', search: 'ページ内の検索欄へ' },
  en: { title: 'Keyboard', help: 'Open this list', search: 'To the search field of the page' },
});

/** Time in which the second key of a pair must follow. */
const pairMs = 1200;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** `g` and a letter goes to a page, `/` to its search field, `?` lists them all. */
export function Shortcuts() {
  const words = useWords();
  const closeButton = useCloseButton();
  const pageWords = useNavigationWords();
  const { place } = useMerchant();
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  const beganAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const entry = navigation.find(({ key }) => key === event.key);
      if (event.key === '?') setOpened(true);
      else if (event.key === '/') {
        const field = document.querySelector<HTMLElement>('main input');
        if (field === null) return;
        event.preventDefault();
        field.focus();
      } else if (entry !== undefined && event.timeStamp - beganAt.current < pairMs) {
        void navigate(place(...entry.steps));
      }
      beganAt.current = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [navigate, place]);
  return (
    <Modal
      opened={opened}
      onClose={() => setOpened(false)}
      title={words('title')}
      closeButtonProps={closeButton}
    >
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
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
