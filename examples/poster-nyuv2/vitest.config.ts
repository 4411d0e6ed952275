import { packageTests } from '../../vitest.base.ts';

export default packageTests('poster-nyuv2');
