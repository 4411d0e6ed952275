import { configOf, type DeviceOptions } from '../binding/context';
import { ProtocolBytes } from '../binding/protocol';
import { type Cluster, hostAndPort, taskName } from './cluster';

/**
 * TensorFlow's ServerDef of a worker (core/protobuf/tensorflow_server.proto), as bytes. The first worker leads: it brings
 * the others of a sum together.
 */
export function serverOf({ workers, index }: Cluster, options: DeviceOptions): Uint8Array {
  const job = new ProtocolBytes().field(1, 'worker');
  for (const [task, address] of workers.entries()) {
    // A map's entries; a value of 0 stands for itself.
    job.field(2, new ProtocolBytes().varint(1, task).field(2, address).done());
  }
  const leader = new ProtocolBytes().field(1, taskName(0)).done();
  const experimental = new ProtocolBytes().field(16, leader).done();
  const own = configOf(options);
  const session = new Uint8Array(own.length + experimental.length);
  session.set(own);
  session.set(experimental, own.length);
  return new ProtocolBytes()
    .field(1, new ProtocolBytes().field(1, job.done()).done())
    .field(2, 'worker')
    .varint(3, index)
    .field(4, session)
    .field(5, 'grpc')
    .varint(6, hostAndPort(workers[index]!).port)
    .done();
}
