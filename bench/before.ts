/** Another version of softdlb beside this one: an installed package, whose pipelines play the same. */
import { pathToFileURL } from 'node:url';
import { createPipeline, stage } from '../lib/index.js';

export interface Version {
  /** In the names of rows. */
  readonly suffix: string;
  readonly createPipeline: typeof createPipeline;
  readonly stage: typeof stage;
}

const THIS: Version = { suffix: '', createPipeline, stage };

/** This one, and the one in the folder, if one is given. */
export async function versions(before: string | undefined): Promise<Version[]> {
  if (before === undefined) return [THIS];
  const entry = new URL('dist/lib/index.js', `${pathToFileURL(before).href}/`);
  const other = (await import(entry.href)) as Omit<Version, 'suffix'>;
  return [THIS, { suffix: ', before', createPipeline: other.createPipeline, stage: other.stage }];
}
