import { Card, Group, Stack, Table, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A part of a page with a heading of its own, and what can be done there. */
export function Section({
  title,
  actions,
  children,
}: {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Stack>
        <Group justify="space-between" align="flex-start">
          <Title order={2} size="h4">
            {title}
          </Title>
          <Group gap="xs" className="no-print">
            {actions}
          </Group>
        </Group>
        {children}
      </Stack>
    </Card>
  );
}

/** Facts of one object, each with its name. */
export function FactsTable({
  label,
  facts,
}: {
  readonly label: string;
  readonly facts: readonly (readonly [string, ReactNode])[];
}) {
  return (
    <Table variant="vertical" layout="fixed" aria-label={label}>
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" w={220}>
              {name}
            </Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
