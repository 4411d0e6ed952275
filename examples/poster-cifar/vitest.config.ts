import { packageTests } from '../../vitest.base';

export default packageTests('writing-a-method');
