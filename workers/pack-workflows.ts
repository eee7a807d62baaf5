import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkoutDir, inheritedEnvironment } from '../config.ts';
import { createLogger } from './logger.ts';
import { findWorkflowBundle, loadWorkflowBundle, type WorkflowBundle } from './workflow-bundle.ts';

const self = fileURLToPath(import.meta.url);

/**
 * The workflows' pack, made in a process of its own when there is none: webpack takes 200 MB that a
 * worker would keep for good.
 */
export async function packWorkflows(
  directory: string,
  logger: Parameters<typeof loadWorkflowBundle>[1],
): Promise<WorkflowBundle> {
  const found = await findWorkflowBundle(directory);
  if (found !== undefined) return found;
  await promisify(execFile)(process.execPath, ['--import', 'tsx', self, directory], {
    cwd: checkoutDir,
    env: inheritedEnvironment(),
  });
  // Not found even now when a source was edited meanwhile: then it is packed here.
  return await loadWorkflowBundle(directory, logger);
}

if (process.argv[1] === self) {
  const [, , directory = ''] = process.argv;
  await loadWorkflowBundle(directory, createLogger({ level: 'silent', name: 'packer' }));
}
