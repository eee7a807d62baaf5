import { Select } from '@mantine/core';
import { useNavigate } from 'react-router';
import { useRead } from './api.ts';
import { defineWords } from './language.ts';
import { merchantPlace, useMerchant } from './places.ts';

const useWords = defineWords('merchant-switch', {
  ja: { label: '加盟店', none: '見つかりません' },
  en: { label: 'Merchant', none: 'None found' },
});

export function MerchantSwitch() {
  const words = useWords();
  const navigate = useNavigate();
  const { merchant } = useMerchant();
  const { data } = useRead('listMerchants', {});
  return (
    <Select
      aria-label={words('label')}
      size="xs"
      // As narrow as the window wants: the buttons beside it stay within.
      w={{ base: 120, sm: 200 }}
      miw={0}
      style={{ flexShrink: 1 }}
      searchable
      allowDeselect={false}
      nothingFoundMessage={words('none')}
      value={merchant}
      data={data?.merchants.map(({ merchant: value, name }) => ({ value, label: name })) ?? []}
      onChange={(value) => {
        if (value !== null) void navigate(merchantPlace(value));
      }}
    />
  );
}
