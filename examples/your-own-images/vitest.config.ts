import { packageTests } from '../../vitest.base.ts';

export default packageTests('your-own-images');
