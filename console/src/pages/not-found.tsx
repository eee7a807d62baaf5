import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import { Empty } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { useMerchant } from '../places.ts';

const useWords = defineWords('not-found', {
  ja: {
    title: 'ページが見つかりません',
    text: 'このアドレスのページはありません。リンクが古い可能性があります。',
    home: '今月へ戻る',
    broken: '画面を表示できません',
    brokenText:
      '画面の読み込みに失敗しました。新しい版に入れ替わった直後かもしれません。読み込み直してください。',
    again: '読み込み直す',
  },
  en: {
    title: 'No such page',
    text: 'There is no page at this address; the link may be old.',
    home: 'Back to this month',
    broken: 'The page cannot be shown',
    brokenText: 'It failed to load, perhaps because a new version has just come. Load it again.',
    again: 'Load again',
  },
});

export function NotFound() {
  const words = useWords();
  const { place } = useMerchant();
  return (
    <Page title={words('title')}>
      <Empty
        action={
          <Button component={Link} to={place()}>
            {words('home')}
          </Button>
        }
      >
        {words('text')}
      </Empty>
    </Page>
  );
}

/** A page that failed to load or to show itself. */
export function Broken() {
  const words = useWords();
  return (
    <main>
      <Page title={words('broken')}>
        <Empty action={<Button onClick={() => location.reload()}>{words('again')}</Button>}>
          {words('brokenText')}
        </Empty>
      </Page>
    </main>
  );
}
