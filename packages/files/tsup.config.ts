import { packageBuild } from '../../tsup.base';

export default packageBuild(['src/index.ts', 'src/half.ts', 'src/protobuf.ts']);
