/** Who may not do what. A part of `problemTypes`: its slugs are never renamed either. */
export const accessProblems = {
  unauthenticated: {
    status: 401,
    title: 'A valid token or session is needed',
    detail:
      'ログインしていないか、トークンが使えません。何も実行していません。ログインし直すか、Authorization: Bearer に有効なトークンを付けてください。',
  },
  'login-refused': {
    status: 401,
    title: 'The login was refused',
    detail:
      'ログイン名かパスワードが違うか、利用が停止されています。ログインしていません。確かめてやり直し、続く場合は管理者に連絡してください。',
  },
  'role-too-low': {
    status: 403,
    title: 'The role is too low for this',
    detail:
      'この権限では実行できません。何も実行していません。必要な権限を持つ担当者に依頼してください。',
  },
  'right-missing': {
    status: 403,
    title: 'A right of its own is needed for this',
    detail:
      'この操作には個別の権限が必要です。何も実行していません。必要な権限は errors にあります。管理者に依頼してください。',
  },
  'csrf-token-missing': {
    status: 403,
    title: 'The X-CSRF-Token header is missing or not of this session',
    detail:
      '画面の有効期限が切れたか、別の画面からの操作です。何も実行していません。画面を読み直して、もう一度操作してください。',
  },
  'session-needed': {
    status: 403,
    title: 'Only a person in a session may do this',
    detail:
      'この操作はログインした人だけが行えます。何も実行していません。トークンではなく、ログインしてから操作してください。',
  },
  'origin-refused': {
    status: 403,
    title: 'Not from this page',
    detail:
      'このページからの呼び出しは許可されていません。何も実行していません。TSUKIGIME_TEMPORAL_UI_URL を確かめてください。',
  },
  'user-exists': {
    status: 409,
    title: 'The login name is taken',
    detail:
      'このログイン名はすでに使われています。何も変更していません。別の名前を選ぶか、すでにいる利用者に権限を付けてください。',
  },
  'too-many-logins': {
    status: 429,
    title: 'Too many logins failed',
    detail:
      'ログインの失敗が続いたため、しばらく受け付けません。ログインしていません。Retry-After の秒数を待つか、以前ログインしたことのあるブラウザーでお試しください。',
  },
} as const;
