import { Checkbox, Group, Select } from '@mantine/core';
import { type Grant, type Role, rights, roles } from '../../../billing/role.ts';
import { defineWords } from '../language.ts';

export const useGrantWords = defineWords('grants', {
  ja: {
    role: '役割',
    rights: '別に与える権限',
    none: '(権限なし)',
    viewer: '閲覧者',
    operator: '担当者',
    approver: '承認者',
    admin: '管理者',
    exportPersonalData: '個人情報のCSV出力',
    editSendParameters: '送信データ修正',
  },
  en: {
    role: 'Role',
    rights: 'Rights of their own',
    none: '(nothing)',
    viewer: 'Viewer',
    operator: 'Operator',
    approver: 'Approver',
    admin: 'Admin',
    exportPersonalData: 'Export personal data',
    editSendParameters: 'Edit send parameters',
  },
});

/** What somebody may do: a role, and the rights that no role brings along. */
export function GrantFields({
  grant,
  onChange,
  mayTakeAway = false,
}: {
  readonly grant: Grant | null;
  readonly onChange: (grant: Grant | null) => void;
  readonly mayTakeAway?: boolean;
}) {
  const words = useGrantWords();
  const choose = (text: string | null) => {
    const role = roles.find((one): one is Role => one === text);
    onChange(role === undefined ? null : { role, rights: grant?.rights ?? [] });
  };
  return (
    <>
      <Select
        label={words('role')}
        allowDeselect={false}
        value={grant?.role ?? ''}
        data={[
          ...(mayTakeAway ? [{ value: '', label: words('none') }] : []),
          ...roles.map((value) => ({ value: value as string, label: words(value) })),
        ]}
        onChange={choose}
      />
      {grant !== null && (
        <Checkbox.Group
          label={words('rights')}
          value={[...grant.rights]}
          onChange={(chosen) =>
            onChange({ ...grant, rights: rights.filter((one) => chosen.includes(one)) })
          }
        >
          <Group mt={4}>
            {rights.map((value) => (
              <Checkbox key={value} value={value} label={words(value)} />
            ))}
          </Group>
        </Checkbox.Group>
      )}
    </>
  );
}
