import { Anchor, Breadcrumbs, Group, Stack, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';

/** One page: its title (also the window's), where it stands, what can be done on it. */
export function Page({
  title,
  above = [],
  actions,
  children,
}: {
  readonly title: string;
  /** Pages above it, the outermost first. */
  readonly above?: readonly { readonly to: string; readonly title: string }[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = `${title} | 月極 Tsukigime`;
  }, [title]);
  // A screen reader begins at the new page, not where the old one's link was.
  useEffect(() => {
    if (pathname !== '') heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <Stack gap="md">
      {above.length > 0 && (
        <Breadcrumbs className="no-print">
          {above.map(({ to, title: name }) => (
            <Anchor key={to} component={Link} to={to} size="sm">
              {name}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start">
        <Title order={1} size="h2" ref={heading} tabIndex={-1}>
          {title}
        </Title>
        <Group gap="xs" className="no-print">
          {actions}
        </Group>
      </Group>
      {children}
    </Stack>
  );
}
