import { Group, Image, Text } from '@mantine/core';
import { useAct, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { Instant } from './figures.tsx';
import { FileDrop } from './file-drop.tsx';
import { Loaded } from './loaded.tsx';
import { ProblemNote } from './problem-note.tsx';
import { Section } from './section.tsx';

const useWords = defineWords('epos-banner', {
  ja: {
    title: 'エポス連携のバナー',
    isDefault: 'デフォルトのバナーを表示しています。',
    own: '登録したバナーを表示しています: ',
    alt: '登録したバナー',
    drop: 'バナーの画像(PNG・JPEG・GIF、512 KBまで)',
    reset: 'デフォルトバナーに戻す',
    resetText: '登録したバナーを外し、デフォルトのバナーを表示します。',
  },
  en: {
    title: 'Epos banner',
    isDefault: 'The default banner is shown.',
    own: 'Your own banner is shown: ',
    alt: 'The banner that was uploaded',
    drop: 'A picture (PNG, JPEG, GIF, up to 512 KB)',
    reset: 'Show the default again',
    resetText: 'Your banner is taken off and the default is shown.',
  },
});

export function EposBanner() {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('admin');
  const params = { merchant };
  const read = useRead('readEposBanner', { params });
  const save = useAct('saveEposBanner');
  const reset = useAct('resetEposBanner');
  return (
    <Section
      title={words('title')}
      actions={
        may &&
        read.data?.isDefault === false && (
          <ActButton
            label={words('reset')}
            text={words('resetText')}
            reason="none"
            act={reset}
            onConfirm={() => reset.act({ params })}
          />
        )
      }
    >
      <Loaded read={read} lines={1}>
        {(banner) => (
          <Group>
            <Text size="sm">
              {banner.isDefault ? words('isDefault') : words('own')}
              {banner.setBy} {banner.setAt !== null && <Instant at={banner.setAt} />}
            </Text>
            {banner.dataUrl !== null && (
              <Image src={banner.dataUrl} alt={words('alt')} mah={80} w="auto" fit="contain" />
            )}
          </Group>
        )}
      </Loaded>
      {may && (
        <FileDrop
          label={words('drop')}
          busy={save.acting}
          onFile={(file) => void save.act({ params, body: file })}
        />
      )}
      <ProblemNote problem={save.problem} />
    </Section>
  );
}
