import { Alert, List, Text } from '@mantine/core';
import type { ApiProblem } from '../../../api/client/api-problem.ts';
import { defineWords, useLanguage } from '../language.ts';

const useWords = defineWords('problem', {
  ja: { title: '実行できませんでした', instance: '問い合わせ番号: {{instance}}' },
  en: { title: 'It was not done', instance: 'Reference: {{instance}}' },
});

/** A refusal in the API's own words, with what is wrong where, read out as soon as it comes. */
export function ProblemNote({ problem }: { readonly problem: ApiProblem | null }) {
  const words = useWords();
  if (problem === null) return null;
  return (
    <Alert color="red" variant="outline" title={words('title')} role="alert">
      <Text size="sm">{problem.detail}</Text>
      <ProblemPlaces problem={problem} />
      {problem.instance !== null && (
        <Text size="xs" c="dimmed" mt="xs">
          {words('instance', { instance: problem.instance })}
        </Text>
      )}
    </Alert>
  );
}

/** What is wrong where, as far as the API says so. */
export function ProblemPlaces({ problem }: { readonly problem: ApiProblem }) {
  const { language } = useLanguage();
  if (problem.errors.length === 0) return null;
  return (
    <List size="sm" mt="xs">
      {problem.errors.slice(0, 20).map(({ path, message, ja }) => (
        <List.Item key={`${path} ${message}`}>
          {path}: {language === 'ja' ? (ja ?? message) : message}
        </List.Item>
      ))}
    </List>
  );
}
