import { packageBuild } from '../../tsup.base';

export default packageBuild({ index: 'src/index.ts', 'hdf5-worker': 'src/keras/hdf5-worker.ts' });
