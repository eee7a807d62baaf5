import { Button, Container, Paper, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Navigate, useLocation } from 'react-router';
import { defineWords } from '../language.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useLogIn, useSession } from '../session.tsx';

const useWords = defineWords('login', {
  ja: {
    title: '月極にログイン',
    login: 'ログイン名',
    phrase: 'パスワード',
    logIn: 'ログイン',
  },
  en: {
    title: 'Log in to Tsukigime',
    login: 'Login name',
    phrase: 'Password',
    logIn: 'Log in',
  },
});

function LoginPage() {
  const words = useWords();
  const { state } = useSession();
  const place = useLocation() as { readonly state: { readonly from?: string } | null };
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const logIn = useLogIn();
  useEffect(() => {
    document.title = `${words('title')} | 月極 Tsukigime`;
  });
  if (state === 'in') return <Navigate to={place.state?.from ?? '/'} replace />;
  return (
    <Container component="main" size={420} py="15vh">
      <Paper withBorder p="xl">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void logIn.act({ body: { login, password } });
          }}
        >
          <Stack>
            <Title order={1} size="h3">
              {words('title')}
            </Title>
            <TextInput
              label={words('login')}
              value={login}
              onChange={(event) => setLogin(event.currentTarget.value)}
              autoComplete="username"
              required
            />
            <PasswordInput
              label={words('phrase')}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              autoComplete="current-password"
              required
            />
            <ProblemNote problem={logIn.problem} />
            <Button type="submit" loading={logIn.acting}>
              {words('logIn')}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Container>
  );
}

export const route = { Component: LoginPage };
