import { packageTests } from '../../vitest.base.ts';

export default packageTests('collapse-a-pytorch-repvgg');
