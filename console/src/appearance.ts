import { Alert, Anchor, type CSSVariablesResolver, createTheme, Table } from '@mantine/core';

/** Colours that keep WCAG AA: axe looks at every page, light and dark (test/console/). */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  fontFamily:
    "system-ui, -apple-system, 'Hiragino Sans', 'Noto Sans JP', 'Noto Sans CJK JP', 'Yu Gothic UI', Meiryo, sans-serif",
  headings: { fontWeight: '600' },
  defaultRadius: 'md',
  respectReducedMotion: true,
  components: {
    // As large as the words around it, in a table too.
    Anchor: Anchor.extend({ defaultProps: { inherit: true } }),
    // What is wider than the window is reached by keyboard too.
    TableScrollContainer: Table.ScrollContainer.extend({
      defaultProps: { scrollAreaProps: { viewportProps: { tabIndex: 0 } } },
    }),
    // Its frame has the colour; coloured words on white are too pale to read.
    Alert: Alert.extend({ styles: { label: { color: 'var(--mantine-color-text)' } } }),
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#495057',
    '--mantine-color-placeholder': '#636a71',
    '--mantine-color-anchor': '#3f55c4',
    '--mantine-color-error': '#c92a2a',
  },
  dark: {
    '--mantine-color-dimmed': '#b8bec4',
    '--mantine-color-placeholder': '#9aa1a8',
    '--mantine-color-anchor': '#a5b4fc',
    '--mantine-color-error': '#ff8787',
  },
});
