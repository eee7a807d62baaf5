import { Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import {
  type MerchantKind,
  merchantKinds,
  merchantSlugPattern,
} from '../../../billing/merchant.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { merchantPlace } from '../places.ts';
import { ActButton } from './act-button.tsx';

const useWords = defineWords('create-merchant', {
  ja: {
    create: '加盟店を登録する',
    text: '設定は既定値で始まります。登録すると設定のページを開きます。加盟店の識別名と種類は、後から変えられません。',
    slug: '識別名',
    slugHint: '3〜32文字。a-z、0-9、- 。URLとファイル名に使います。',
    name: '名称',
    kind: '種類',
    real: '本番: 実際に請求する店',
    sandbox: '練習用: 時計を進めて試せる店',
  },
  en: {
    create: 'Create a merchant',
    text: 'Its settings begin with their defaults; their page opens next. The short name and the kind stay as they are.',
    slug: 'Short name',
    slugHint: '3 to 32 of a-z, 0-9 and -; it stands in addresses and file names.',
    name: 'Name',
    kind: 'Kind',
    real: 'Real: a shop that bills',
    sandbox: 'Practice: a shop whose clock can be moved',
  },
});

/** For who administers all merchants. */
export function CreateMerchant() {
  const words = useWords();
  const navigate = useNavigate();
  const create = useAct('createMerchant');
  const [merchant, setMerchant] = useState('');
  const [name, setName] = useState('');
  const [kind, setKind] = useState<MerchantKind>('real');
  const wrong = !merchantSlugPattern.test(merchant);
  return (
    <ActButton
      label={words('create')}
      text={words('text')}
      variant="filled"
      reason="none"
      incomplete={wrong || name.trim() === ''}
      act={create}
      onConfirm={async () => {
        // The list itself: with its first merchant the page would lead there, and not to the settings.
        await navigate('/?all', { replace: true });
        const done = await create.act({ body: { merchant, name: name.trim(), kind } });
        if (done !== null) await navigate(merchantPlace(done.merchant, 'settings'));
        return done;
      }}
    >
      <TextInput
        label={words('slug')}
        description={words('slugHint')}
        required
        data-autofocus
        maxLength={32}
        value={merchant}
        error={merchant !== '' && wrong && words('slugHint')}
        onChange={(event) => setMerchant(event.currentTarget.value.toLowerCase())}
      />
      <TextInput
        label={words('name')}
        required
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Radio.Group
        label={words('kind')}
        value={kind}
        onChange={(value) => setKind(merchantKinds.find((one) => one === value) ?? kind)}
      >
        <Stack gap="xs" mt={4}>
          {merchantKinds.map((value) => (
            <Radio key={value} value={value} label={words(value)} />
          ))}
        </Stack>
      </Radio.Group>
    </ActButton>
  );
}
