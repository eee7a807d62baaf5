/** A secret's name: settings point at the secret by it, so it says what it is for, never what it is. */
export const secretNamePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
