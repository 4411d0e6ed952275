import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A message: one JSON object a line. */
type Message = Readonly<Record<string, unknown>>;

/** A process that computes when it is told to, one request at a time. */
export class Child {
  private readonly process: ChildProcessWithoutNullStreams;
  private waiting: { resolve(message: Message): void; reject(error: Error): void } | null = null;
  private readonly early: Message[] = [];
  private ended: Error | null = null;
  private errors = '';

  constructor(
    readonly name: string,
    command: string,
    commandArguments: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ) {
    this.process = spawn(command, commandArguments, { env: { ...process.env, ...env } });
    this.process.stderr.on('data', (chunk) => {
      this.errors = (this.errors + chunk).slice(-4000);
    });
    createInterface({ input: this.process.stdout }).on('line', (line) => this.receive(JSON.parse(line)));
    this.process.on('error', (error) => this.end(error.message));
    this.process.on('close', (code, signal) => this.end(`it ended with ${signal ?? `exit code ${code}`}`));
    // Writing to a process that has ended; its end is what is reported.
    this.process.stdin.on('error', () => {});
  }

  /**
   * The answer to a request; rejects with the process's own words where it reports an error or ends.
   *
   * @param bytes  sent behind the request, which gets their number as `bytes`
   */
  ask<Answer>(request: Message, bytes?: Uint8Array): Promise<Answer> {
    const answer = this.receiveNext<Answer>();
    const whole = bytes ? { ...request, bytes: bytes.byteLength } : request;
    this.process.stdin.write(`${JSON.stringify(whole)}\n`);
    if (bytes) this.process.stdin.write(bytes);
    return answer;
  }

  /** The next line that the process writes. */
  receiveNext<Answer>(): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.early.length > 0) resolve(this.early.shift() as Answer);
      else if (this.ended) reject(this.ended);
      else this.waiting = { resolve: resolve as (message: Message) => void, reject };
    }).then((answer) => {
      const { error } = answer as { error?: string };
      if (error !== undefined) throw new Error(`${this.name}: ${error}`);
      return answer;
    });
  }

  /** Ends the process and waits until its memory is free. PyTorch's compiler leaves helpers that would be waited for. */
  async close(): Promise<void> {
    if (this.ended) return;
    const closed = new Promise((resolve) => this.process.once('close', resolve));
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 1000);
    await closed;
    clearTimeout(timer);
  }

  private receive(message: Message): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting) waiting.resolve(message);
    else this.early.push(message);
  }

  private end(how: string): void {
    this.ended ??= new Error(`${this.name}: ${how}.\n${this.errors.trim()}`);
    this.waiting?.reject(this.ended);
    this.waiting = null;
  }
}
