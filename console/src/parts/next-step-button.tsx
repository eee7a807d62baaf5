import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { Link } from 'react-router';
import { defineWords } from '../language.ts';
import { type CycleDetail, type Exchange, nextStepOf } from '../month-progress.ts';
import { useMerchant } from '../places.ts';

const useWords = defineWords('next-step', {
  ja: {
    resume: '原因を確かめて再開する',
    upload_orders: '注文CSVを取り込む',
    approve: '内容を確かめて承認する',
    choose_orders: '請求する注文を選ぶ',
    hand_over: 'ファイルをアップロードする',
    clarify: '送信できたか確かめる',
    bring_result: '結果ファイルを取り込む',
    reconcile: '要確認を片付ける',
    rebuild: 'ファイルを作り直す',
    capture: '売上処理する請求を選ぶ',
    work_ng: 'NGに対応する',
    look: '詳しく見る',
    report: '報告を見る',
  },
  en: {
    resume: 'Find the cause and resume',
    upload_orders: 'Bring the order export',
    approve: 'Look and approve',
    choose_orders: 'Choose the orders to bill',
    hand_over: 'Upload the file',
    clarify: 'Find out whether it was sent',
    bring_result: 'Bring the result file',
    reconcile: 'Clear the reconciliation desk',
    rebuild: 'Build the files again',
    capture: 'Choose what to capture',
    work_ng: 'Work the declines',
    look: 'See details',
    report: 'See the report',
  },
});

/** The one button that moves a month on. */
export function NextStepButton({
  cycle,
  exchanges,
}: {
  readonly cycle: CycleDetail;
  readonly exchanges: readonly Exchange[];
}) {
  const words = useWords();
  const { place } = useMerchant();
  const { act, steps } = nextStepOf(cycle, exchanges);
  const passive = act === 'look' || act === 'report';
  return (
    <Button
      component={Link}
      to={place(...steps)}
      variant={passive ? 'default' : 'filled'}
      rightSection={<IconArrowRight size={16} aria-hidden />}
    >
      {words(act)}
    </Button>
  );
}
