import type { ComponentType } from 'react';
import { defineWords } from '../language.ts';
import { useMay } from '../session.tsx';
import { Empty } from './loaded.tsx';
import { Page } from './page.tsx';

const useWords = defineWords('for-operators', {
  ja: {
    title: '担当者の画面',
    text: 'この画面には顧客の情報があるため、担当者以上の権限が必要です。管理者に依頼してください。',
  },
  en: {
    title: 'A page for operators',
    text: 'It shows who customers are and takes the role of an operator. Ask an admin.',
  },
});

/** A page of which viewers may read nothing: they are told so, and nothing is asked for. */
export function forOperators(Shown: ComponentType): ComponentType {
  return function ForOperators() {
    const words = useWords();
    if (useMay('operator')) return <Shown />;
    return (
      <Page title={words('title')}>
        <Empty>{words('text')}</Empty>
      </Page>
    );
  };
}
