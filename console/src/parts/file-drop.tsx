import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';

export interface FileDropProps {
  readonly label: string;
  readonly busy: boolean;
  readonly onFile: (file: File) => void;
}

/** Its code comes after the page's: nobody drops a file in the first moment. */
const DropZone = lazy(async () => ({ default: (await import('./drop-zone.tsx')).DropZone }));

export function FileDrop(props: FileDropProps) {
  return (
    <Suspense fallback={<Skeleton height={124} />}>
      <DropZone {...props} />
    </Suspense>
  );
}
