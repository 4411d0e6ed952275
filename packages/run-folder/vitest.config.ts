import { packageTests } from '../../vitest.base.ts';

export default packageTests('run-folder');
