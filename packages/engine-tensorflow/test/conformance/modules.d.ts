declare module 'jasmine-core' {
  interface Environment {
    configure(options: object): void;
    addReporter(reporter: object): void;
    execute(): Promise<unknown>;
  }
  const jasmineCore: { boot(): { getEnv(): Environment } };
  // biome-ignore lint/style/noDefaultExport: this is how Node sees a CommonJS module.
  export default jasmineCore;
}
