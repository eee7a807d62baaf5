import { Table, type TableProps } from '@mantine/core';
import { useIsFormer } from './loaded.tsx';

/** A table of what was read: dimmed, and said to be busy, while it answers the question before. */
export function ReadTable(props: TableProps) {
  const former = useIsFormer();
  return <Table aria-busy={former} className={former ? 'former' : ''} {...props} />;
}
